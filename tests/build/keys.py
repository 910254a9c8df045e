"""Private SSH keys in form only, for tests that look at files."""

import base64


def openssh(cipher: bytes) -> bytes:
    """A key's file that says how it is encrypted."""
    content = b"openssh-key-v1\0" + len(cipher).to_bytes(4, "big") + cipher + bytes(100)
    body = base64.encodebytes(content)
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + body + b"-----END OPENSSH PRIVATE KEY-----\n"


KEY = openssh(b"none")
PROTECTED_KEY = openssh(b"aes256-ctr")

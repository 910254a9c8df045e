"""Files with private SSH keys: whether an agent can be given one without asking anybody."""

from __future__ import annotations

import base64
import binascii
import re

MOST_BYTES = 100 * 1024
NOT_A_KEY = "ssh: no key found"
PROTECTED = "ssh: this private key is passphrase protected"
_PEM = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL)
_MAGIC = b"openssh-key-v1\0"
_NO_CIPHER = b"\0\0\0\4none"


def problem(data: bytes) -> str:
    """What is wrong with the content of a key's file, in the words of Go's package; "" if nothing.

    The key itself is looked at by ssh-add alone.
    """
    found = _PEM.search(data)
    if found is None:
        return NOT_A_KEY
    kind, body = found[1], found[2]
    if kind == b"OPENSSH PRIVATE KEY":
        return _openssh(body)
    if b"ENCRYPTED" in kind or b"Proc-Type: 4,ENCRYPTED" in body:
        return PROTECTED
    return ""


def _openssh(body: bytes) -> str:
    try:
        content = base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        return NOT_A_KEY
    if not content.startswith(_MAGIC):
        return NOT_A_KEY
    return "" if content[len(_MAGIC) :].startswith(_NO_CIPHER) else PROTECTED

"""What a file must be to be given to an agent."""

import pytest

from rootbuild.build.mounts.keyfile import NOT_A_KEY, PROTECTED, problem
from tests.build.keys import KEY, PROTECTED_KEY

PEM = b"-----BEGIN %s-----\n%sMIIE\n-----END %s-----\n"


def pem(kind: bytes, head: bytes = b"") -> bytes:
    return PEM % (kind, head, kind)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (KEY, ""),
        (b"some words before\n" + KEY, ""),
        (PROTECTED_KEY, PROTECTED),
        (pem(b"RSA PRIVATE KEY"), ""),
        (pem(b"RSA PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED\nDEK-Info: x\n\n"), PROTECTED),
        (pem(b"PRIVATE KEY"), ""),
        (pem(b"ENCRYPTED PRIVATE KEY"), PROTECTED),
        (pem(b"PUBLIC KEY"), NOT_A_KEY),
        (b"ssh-ed25519 AAAA me@here\n", NOT_A_KEY),
        (pem(b"OPENSSH PRIVATE KEY"), NOT_A_KEY),
        (pem(b"OPENSSH PRIVATE KEY", b"***"), NOT_A_KEY),
        (KEY[:60], NOT_A_KEY),
        (b"", NOT_A_KEY),
    ],
)
def test_keys(data: bytes, expected: str) -> None:
    assert problem(data) == expected

"""This host's own address, as containers can reach it."""

from __future__ import annotations

import contextlib
import socket

# Addresses that are nobody's (RFC 5737, RFC 3849): only the way there matters.
_ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def own_address() -> str:
    """The address of this host that the outside sees; "" where there is none but loopback."""
    # Nothing is sent: the kernel only tells which of our addresses it would send from.
    for family, elsewhere in _ELSEWHERE:
        with socket.socket(family, socket.SOCK_DGRAM) as asking, contextlib.suppress(OSError):
            asking.connect((elsewhere, 9))
            return str(asking.getsockname()[0])
    return ""

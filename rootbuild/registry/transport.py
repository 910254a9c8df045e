"""How registries are spoken to."""

from __future__ import annotations

import re

_LOCAL = re.compile(r"(?:localhost|\[::1\]|127(?:\.[0-9]{1,3}){3})(?::[0-9]+)?")


def is_local(registry: str) -> bool:
    """Whether a registry is on this host, by its name (with or without a port)."""
    return _LOCAL.fullmatch(registry) is not None


def tls_options(registry: str) -> tuple[str, ...]:
    """Options for an engine: as with Docker, a registry on this host needs no TLS."""
    return ("--tls-verify=false",) if is_local(registry) else ()

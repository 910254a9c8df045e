"""How registries are spoken to."""

from __future__ import annotations


def tls_options(registry: str) -> tuple[str, ...]:
    """Options for an engine: as with Docker, a registry on this host needs no TLS."""
    host = registry.rpartition(":")[0] if ":" in registry else registry
    local = host in ("localhost", "[::1]") or host.startswith("127.")
    return ("--tls-verify=false",) if local else ()

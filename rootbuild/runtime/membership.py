"""Containers that join networks or leave them: why that failed, by state alone."""

from __future__ import annotations

from rootbuild.backend import Runtime
from rootbuild.errors import RuntimeRefusedError
from rootbuild.runtime.names import find_container, no_such_container, no_such_network
from rootbuild.runtime.networks import called


def not_attached(
    runtime: Runtime, network: str, container: str, *, leaves: bool
) -> RuntimeRefusedError | None:
    """The refusal that fits, in Docker's words; None if nothing can be seen."""
    name = called(runtime, network, runtime.networks())
    if name is None:
        return no_such_network([network])
    found = find_container(container, runtime.containers())
    if found is None:
        return no_such_container([container])
    if leaves and name not in found.networks:
        message = f"container {found.id} is not connected to network {network}"
        return RuntimeRefusedError(message, id="not-connected", exit_code=1)
    if not leaves and name in found.networks:
        shown = found.names[0] if found.names else found.id
        message = f"endpoint with name {shown} already exists in network {network}"
        return RuntimeRefusedError(message, id="already-connected", exit_code=1)
    if not found.networks:
        return RuntimeRefusedError(
            f"container {container} cannot join networks: it was made on the default network or "
            "on none",
            id="network-mode",
            exit_code=1,
            hint=f"rootbuild run --network {network} makes one on this network",
        )
    return None

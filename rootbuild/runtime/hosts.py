"""`--add-host`: names in a container's /etc/hosts, in the engine's form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rootbuild.errors import HostError
from rootbuild.execution import HOST_GATEWAY
from rootbuild.facts.addresses import own_address

_LOOPBACK = "127.0.0.1"


def parse(text: str) -> tuple[str, str]:
    """`name:address` or `name=address` as both; the address may stand in brackets.

    Raises ValueError in Docker's words.
    """
    split = "=" if "=" in text else ":"
    name, found, address = text.partition(split)
    address = address.removeprefix("[").removesuffix("]")
    if not found or not name:
        raise ValueError(f'bad format for add-host: "{text}"')
    if address != HOST_GATEWAY:
        import ipaddress

        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise ValueError(f'invalid IP address in add-host: "{address}"') from None
    return name, address


def words(
    specs: Sequence[str], networks: Sequence[str], address: Callable[[], str] = own_address
) -> tuple[str, ...]:
    """The engine's words for all of them; `networks` are the container's.

    `host-gateway` is this host's address there. Raises HostError where it has none.
    """
    found = []
    for name, given in map(parse, specs):
        to = _gateway(networks, address) if given == HOST_GATEWAY else given
        found.append(f"--add-host={name}:{to}")
    return tuple(found)


def _gateway(networks: Sequence[str], address: Callable[[], str]) -> str:
    if "host" in networks:
        return _LOOPBACK
    found = address()
    if found:
        return found
    raise HostError(
        "unable to derive the IP value for host-gateway: this host has no address but loopback",
        id="no-host-gateway",
        hint="use --network host, or give the address itself",
        exit_code=125,
    )

"""Subnets of a network that is to be made, with their gateways and ranges of addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from rootbuild.errors import RuntimeRefusedError
from rootbuild.records import dataclass

Net = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet, as given; gateway and range of addresses to give away, where they were given."""

    given: str
    net: Net
    gateway: str = ""
    addresses: str = ""

    @property
    def first(self) -> str:
        """Its first address, which is the gateway unless another was given."""
        return str(self.net.network_address + 1)


def read(
    subnets: Sequence[str], gateways: Sequence[str], ranges: Sequence[str]
) -> tuple[Subnet, ...]:
    """Find out which gateway and range belong to which subnet.

    Raises RuntimeRefusedError in Docker's words, which exits with 1 here.
    """
    nets = [(given, _net(given)) for given in subnets]
    if not nets and (gateways or ranges):
        raise _refused("every ip-range or gateway must have a corresponding subnet")
    for index, (_, net) in enumerate(nets):
        if any(_overlap(net, earlier) for _, earlier in nets[:index]):
            raise _refused("multiple overlapping subnet configuration is not supported")
    entry = {given: "" for given, _ in nets}
    lease = dict(entry)
    for text in ranges:
        home = _home(_net(text).network_address, nets, f"no matching subnet for range {text}")
        if lease[home]:
            raise _refused(
                f"cannot configure multiple ranges ({text}, {lease[home]}) "
                f"on the same subnet ({home})"
            )
        lease[home] = text
    for text in gateways:
        home = _home(_address(text), nets, f"no matching subnet for gateway {text}")
        if entry[home]:
            raise _refused(
                f"cannot configure multiple gateways ({text}, {entry[home]}) "
                f"for the same subnet ({home})"
            )
        entry[home] = text
    return tuple(Subnet(given, net, entry[given], lease[given]) for given, net in nets)


def words(subnets: Sequence[Subnet]) -> Iterator[str]:
    """The engine's options. It matches them by their order, so those with a range go first."""
    for subnet in sorted(subnets, key=lambda subnet: not subnet.addresses):
        yield f"--subnet={subnet.net}"
        if subnet.addresses:
            yield f"--ip-range={subnet.addresses}"
        if any(other.gateway for other in subnets):
            yield f"--gateway={subnet.gateway or subnet.first}"


def overlapping(
    subnets: Sequence[Subnet], known: Sequence[tuple[str, str]]
) -> tuple[str, str] | None:
    """The first known (network, subnet) that shares addresses with one of these."""
    for name, text in known:
        try:
            net = ip_network(text, strict=False)
        except ValueError:
            continue
        if any(_overlap(net, subnet.net) for subnet in subnets):
            return name, text
    return None


def holds(text: str, address: str) -> bool:
    """Whether an address belongs to a subnet."""
    try:
        return ip_address(address) in ip_network(text, strict=False)
    except ValueError:
        return False


def _net(text: str) -> Net:
    try:
        if "/" not in text:
            raise ValueError(text)
        return ip_network(text, strict=False)
    except ValueError:
        raise _refused(f"invalid CIDR address: {text}") from None


def _address(text: str) -> Address:
    try:
        return ip_address(text)
    except ValueError:
        raise _refused(f"invalid gateway address: {text}") from None


def _home(address: Address, nets: Sequence[tuple[str, Net]], otherwise: str) -> str:
    for given, net in nets:
        if address in net:
            return given
    raise _refused(otherwise)


def _overlap(one: Net, other: Net) -> bool:
    if isinstance(one, IPv4Network) and isinstance(other, IPv4Network):
        return one.overlaps(other)
    if isinstance(one, IPv6Network) and isinstance(other, IPv6Network):
        return one.overlaps(other)
    return False


def _refused(message: str) -> RuntimeRefusedError:
    return RuntimeRefusedError(
        message,
        id="bad-subnet",
        exit_code=1,
        hint="as in --subnet 172.28.0.0/16 --gateway 172.28.5.254 --ip-range 172.28.5.0/24",
    )

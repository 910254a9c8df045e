"""Functions on addresses of networks."""

from __future__ import annotations

import ipaddress

from rootbuild.bake.functions.signature import Function
from rootbuild.bake.nodes import Value
from rootbuild.bake.values import Unfit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise Unfit(f"invalid CIDR expression: {error}") from None


def _host(prefix: str, number: int) -> str:
    network = _network(prefix)
    if not -network.num_addresses <= number < network.num_addresses:
        raise Unfit(f"prefix of {network.prefixlen} does not accommodate a host numbered {number}")
    return str(network[number])


def _netmask(prefix: str) -> str:
    network = _network(prefix)
    if network.version != 4:
        raise Unfit("IPv6 networks have no netmask")
    return str(network.netmask)


def _subnet(prefix: str, bits: int, number: int) -> str:
    network = _network(prefix)
    length = network.prefixlen + bits
    if bits < 0 or length > network.max_prefixlen or not 0 <= number < 2**bits:
        raise Unfit(f"a prefix extension of {bits} does not accommodate a subnet numbered {number}")
    start = int(network.network_address) + (number << (network.max_prefixlen - length))
    return f"{_address(network, start)}/{length}"


def _address(network: Network, number: int) -> str:
    kind = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
    return str(kind(number))


def _subnets(prefix: str, *bits: int) -> list[Value]:
    network = _network(prefix)
    found: list[Value] = []
    at = int(network.network_address)
    for more in bits:
        length = network.prefixlen + more
        if more < 1 or length > network.max_prefixlen:
            raise Unfit(f"a prefix cannot be extended by {more} bits")
        size = 1 << (network.max_prefixlen - length)
        at = -(-at // size) * size
        if at + size > int(network.broadcast_address) + 1:
            raise Unfit("not enough remaining address space for all subnets")
        found.append(f"{_address(network, at)}/{length}")
        at += size
    return found


FUNCTIONS = {
    "cidrhost": Function("si", _host),
    "cidrnetmask": Function("s", _netmask),
    "cidrsubnet": Function("sii", _subnet),
    "cidrsubnets": Function("s*i", _subnets),
}

"""Published ports: what `-p` means, and whether the host can give them."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from rootbuild.errors import RuntimeRefusedError, UsageError
from rootbuild.records import dataclass, replace

PROTOCOLS = ("tcp", "udp", "sctp")
_SOCKETS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@dataclass(frozen=True, slots=True)
class Published:
    """`[ADDRESS:][HOST[-HOST]:]CONTAINER[-CONTAINER][/PROTOCOL]`.

    Ranges are inclusive; a host port of 0 means that any will do.
    """

    container: tuple[int, int]
    host: tuple[int, int] = (0, 0)
    address: str = ""
    protocol: str = "tcp"

    @property
    def host_ports(self) -> range:
        """The ports that the host must give."""
        first, last = self.host
        return range(first, last + 1) if first else range(0)

    @property
    def chooses(self) -> bool:
        """Whether any free one of several host ports will do."""
        return len(self.host_ports) > 1 and self.container[0] == self.container[1]

    @property
    def words(self) -> str:
        """The form that engines know: no host port where any will do."""
        host = _span(self.host) if self.host[0] else ""
        address = f"[{self.address}]" if ":" in self.address else self.address
        where = f"{address}:{host}:" if address else f"{host}:" if host else ""
        return f"{where}{_span(self.container)}/{self.protocol}"


def parse(spec: str) -> Published:
    """Read one `-p`. Raises UsageError in Docker's words."""
    address, host, container = _split(spec)
    container, slash, protocol = container.partition("/")
    protocol = protocol.lower() if slash else "tcp"
    if not container:
        raise _invalid(spec, "no port specified: " + (spec or "<empty>"))
    if protocol not in PROTOCOLS:
        raise _invalid(spec, f"invalid proto: {protocol}")
    if address and not _is_address(address):
        raise _invalid(spec, f"invalid IP address: {address}")
    inside = _range(spec, container, "containerPort")
    outside = _range(spec, host, "hostPort") if host else (0, 0)
    spans = (inside[1] - inside[0], outside[1] - outside[0])
    if host and spans[0] != spans[1] and spans[0] != 0:
        raise _invalid(spec, f"invalid ranges specified for container and host Ports: {spec}")
    return Published(inside, outside, address, protocol)


def settle(specs: Sequence[str], lowest: int, *, look: bool = True) -> tuple[str, ...]:
    """The ports in the engine's form; refuses, before anything is made, what could not be served.

    `lowest` is the first port that this user may listen on. Without `look` it does not matter yet
    what others listen on. Raises RuntimeRefusedError with the id `privileged-port`, `port-in-use`
    or `no-such-address`; UsageError for what is no port.
    """
    claimed: list[tuple[int, Published]] = []
    settled = []
    for published in [parse(spec) for spec in specs]:
        if published.chooses:
            published = _chosen(published, lowest, claimed)
        for port in published.host_ports:
            if look:
                _refuse_taken(port, published, lowest, claimed)
            claimed.append((port, published))
        settled.append(published.words)
    return tuple(settled)


def _chosen(
    published: Published, lowest: int, claimed: Sequence[tuple[int, Published]]
) -> Published:
    """The first free port of the range. Raises RuntimeRefusedError: why the last is none."""
    refused: RuntimeRefusedError | None = None
    for port in published.host_ports:
        one = replace(published, host=(port, port))
        try:
            _refuse_taken(port, one, lowest, claimed)
        except RuntimeRefusedError as error:
            refused = error
        else:
            return one
    assert refused is not None
    raise refused


def _refuse_taken(
    port: int, published: Published, lowest: int, claimed: Sequence[tuple[int, Published]]
) -> None:
    if port < lowest:
        raise _privileged(port, lowest)
    for other, earlier in claimed:
        same = port == other and published.protocol == earlier.protocol
        if same and (published.address in ("", earlier.address) or not earlier.address):
            raise RuntimeRefusedError(
                f"Bind for {_shown(published.address)}:{port} failed: port is already allocated",
                id="port-in-use",
                hint=f"{published.protocol} port {port} is published twice by this command",
            )
    _try(port, published)


def _split(spec: str) -> tuple[str, str, str]:
    """Address, host port, container port; an IPv6 address stands in brackets."""
    address = ""
    rest = spec
    if spec.startswith("["):
        address, bracket, rest = spec[1:].partition("]")
        if not bracket or not rest.startswith(":"):
            raise _invalid(spec, f"invalid IP address: {spec}")
        rest = rest[1:]
    parts = rest.split(":")
    if len(parts) == 3 and not address:
        return parts[0], parts[1], parts[2]
    if len(parts) > 2:
        raise _invalid(spec, f"invalid port format: {spec}")
    return address, parts[0] if len(parts) == 2 else "", parts[-1]


def _range(spec: str, text: str, what: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise _invalid(spec, f"invalid {what}: {text}")
    low, high = int(first), int(last) if dash else int(first)
    if high > 65535 or low > high or (low == 0 and (dash or what == "containerPort")):
        raise _invalid(spec, f"invalid {what}: {text}")
    return low, high


def _span(ends: tuple[int, int]) -> str:
    first, last = ends
    return str(first) if first == last else f"{first}-{last}"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _try(port: int, published: Published) -> None:
    """Listen for a moment where the container will, to hear what the host says to it."""
    kind = _SOCKETS.get(published.protocol)
    if kind is None:
        return
    address = _shown(published.address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, kind) as probe:
            if published.protocol == "tcp":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        known = _explain(error, address, port, published.protocol)
        if known is not None:
            raise known from error


def _shown(address: str) -> str:
    return address or "0.0.0.0"  # noqa: S104 - what the engine does as well


def _explain(error: OSError, address: str, port: int, protocol: str) -> RuntimeRefusedError | None:
    """The refusal for an error of `bind`; None for what only the engine can judge."""
    if error.errno == errno.EADDRINUSE:
        return RuntimeRefusedError(
            f"Bind for {address}:{port} failed: port is already allocated",
            id="port-in-use",
            hint=f"something listens on {protocol} port {port} of this host: end that "
            f"(ss -lnp 'sport = :{port}' shows it), or publish another port",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return RuntimeRefusedError(
            f"Bind for {address}:{port} failed: cannot assign requested address",
            id="no-such-address",
            hint=f"{address} is no address of this host; leave it out to listen on all",
        )
    return _privileged(port, 1024) if error.errno == errno.EACCES else None


def _privileged(port: int, lowest: int) -> RuntimeRefusedError:
    return RuntimeRefusedError(
        f"port {port} cannot be published: ports below {lowest} are for root on this host",
        id="privileged-port",
        hint=f"publish a port from {max(lowest, 1024)} on, or let everybody have {port}, as root:\n"
        f"sysctl -w net.ipv4.ip_unprivileged_port_start={port}",
    )


def _invalid(spec: str, why: str) -> UsageError:
    return UsageError(
        f'invalid argument "{spec}" for "-p, --publish" flag: {why}',
        id="invalid-port",
        hint="a port is written [ADDRESS:][HOST_PORT:]CONTAINER_PORT[/tcp|/udp], as in 8080:80",
    )

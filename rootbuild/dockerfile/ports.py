"""EXPOSE: port specifications."""

from __future__ import annotations

from collections.abc import Iterable

from rootbuild.errors import DockerfileError

_PROTOCOLS = ("tcp", "udp", "sctp")
_HIGHEST = 65535


def parse_ports(words: Iterable[str]) -> tuple[str, ...]:
    """`80`, `53/UDP`, `8000-8002` and even `127.0.0.1:8080:80` -> `80/tcp`, one per port.

    Of a mapping only the container's port is kept. Raises DockerfileError.
    """
    return tuple(port for word in words for port in _parse(word))


def _parse(word: str) -> list[str]:
    address, host_port, port = _split(word)
    port, protocol = _protocol(port)
    _check_address(address)
    span = _range(port)
    if span is None:
        raise _error(f"invalid containerPort: {port}", "give a number up to 65535, or FROM-TO")
    start, end = span
    if host_port:
        _check_host_port(host_port, port, end - start)
    return [f"{number}/{protocol}" for number in range(start, end + 1)]


def _split(word: str) -> tuple[str, str, str]:
    """Address, host port, container port; an IPv6 address has colons of its own."""
    head, _, port = word.rpartition(":")
    address, _, host_port = head.rpartition(":")
    return address, host_port, port


def _protocol(port: str) -> tuple[str, str]:
    number, _, protocol = port.partition("/")
    if not number:
        raise _error(f"no port specified: {port}<empty>", "write EXPOSE 80 or EXPOSE 80/udp")
    protocol = protocol.lower() or "tcp"
    if protocol not in _PROTOCOLS:
        raise _error(f"invalid proto: {protocol}", "use tcp, udp or sctp")
    return number, protocol


def _check_address(address: str) -> None:
    if not address:
        return
    from ipaddress import ip_address  # here, as hardly any EXPOSE has an address

    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    try:
        ip_address(bare)
    except ValueError as error:
        raise _error(f"invalid IP address: {address}", "EXPOSE needs no address") from error


def _check_host_port(host_port: str, port: str, span: int) -> None:
    found = _range(host_port)
    if found is None:
        raise _error(f"invalid hostPort: {host_port}", "EXPOSE needs no host port")
    if span and found[1] - found[0] != span:
        raise _error(
            f"invalid ranges specified for container and host Ports: {port} and {host_port}",
            "EXPOSE needs no host port",
        )


def _range(text: str) -> tuple[int, int] | None:
    start_text, dash, end_text = text.partition("-")
    start = _number(start_text)
    end = _number(end_text) if dash else start
    if start is None or end is None or end < start:
        return None
    return start, end


def _number(text: str) -> int | None:
    """The port, unless it is none. `int()` would take signs, spaces and underscores too."""
    digits = text.lstrip("0") or text[-1:]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 5):
        return None
    value = int(digits)
    return value if value <= _HIGHEST else None


def _error(message: str, hint: str) -> DockerfileError:
    return DockerfileError(message, id="invalid-port", hint=hint)

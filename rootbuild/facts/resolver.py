"""The host's name servers, and whether other network namespaces can reach them."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from rootbuild.records import dataclass

_BEHIND = Path("run/systemd/resolve/resolv.conf")


@dataclass(frozen=True, slots=True)
class Resolver:
    """The servers of resolv.conf, and those that systemd-resolved asks behind its stub."""

    servers: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        """Whether all servers listen on a loopback address, which containers do not reach."""
        return bool(self.servers) and all(_loopback(server) for server in self.servers)


def look(root: Path = Path("/")) -> Resolver:
    """What the files say."""
    return Resolver(_servers(root / "etc/resolv.conf"), _servers(root / _BEHIND))


def _servers(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ()
    words = (line.split() for line in lines)
    return tuple(word[1] for word in words if word[:1] == ["nameserver"] and len(word) > 1)


def _loopback(server: str) -> bool:
    try:
        return ip_address(server.split("%")[0]).is_loopback
    except ValueError:
        return False

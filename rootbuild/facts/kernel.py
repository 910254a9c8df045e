"""What the kernel's settings let an ordinary user do."""

from __future__ import annotations

from pathlib import Path

from rootbuild.backend import Problem
from rootbuild.records import dataclass

_CLONE = "kernel.unprivileged_userns_clone"
_MOST = "user.max_user_namespaces"
APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
_PORTS = "net.ipv4.ip_unprivileged_port_start"
SETTINGS = (_CLONE, _MOST, APPARMOR, _PORTS)
_USUAL_PORT = 1024


@dataclass(frozen=True, slots=True)
class Kernel:
    """Settings by name; "" for one that this kernel does not have."""

    values: tuple[tuple[str, str], ...] = ()

    def value(self, name: str) -> str:
        """One of `SETTINGS`."""
        return dict(self.values).get(name, "")

    @property
    def first_port(self) -> int:
        """The first port that an ordinary user may listen on."""
        text = self.value(_PORTS)
        return int(text) if text.isdecimal() else _USUAL_PORT

    @property
    def restricted(self) -> bool:
        """Whether AppArmor lets only listed programs use user namespaces, as on Ubuntu 24.04."""
        return self.value(APPARMOR) not in ("", "0")


def look(root: Path = Path("/"), settings: tuple[str, ...] = SETTINGS) -> Kernel:
    """The settings as they are now."""
    return Kernel(
        tuple((name, _read(root / "proc/sys" / name.replace(".", "/"))) for name in settings)
    )


def problem(kernel: Kernel) -> Problem | None:
    """Why an ordinary user cannot make user namespaces at all."""
    for name, good in ((_CLONE, "1"), (_MOST, "28633")):
        if kernel.value(name) == "0":
            return Problem(
                f"this kernel does not let an ordinary user make user namespaces ({name} = 0)",
                f"sudo sysctl -w {name}={good}",
                id="no-user-namespaces",
            )
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""

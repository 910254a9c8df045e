"""Small looks at the host: each reads a file or two and starts nothing."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Problem

NEEDED_IDS = 65536
_PORT_START = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_TUN = Path("/dev/net/tun")


@dataclass(frozen=True, slots=True)
class IdRange:
    """Ids that a user may hand out to containers."""

    first: int
    count: int


def first_free_port(path: Path = _PORT_START) -> int:
    """The first port that we may listen on; 0 for root."""
    if os.geteuid() == 0:
        return 0
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 1024


def user_name() -> str:
    """Our name, or our number where there is none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def id_ranges(path: Path, user: str, uid: int) -> tuple[IdRange, ...]:
    """The ranges of a user in /etc/subuid or /etc/subgid, by name or by number."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ()
    fields = (line.split("#", 1)[0].strip().split(":") for line in lines)
    return tuple(
        IdRange(int(field[1]), int(field[2]))
        for field in fields
        if len(field) == 3
        and field[0] in (user, str(uid))
        and field[1].isdecimal()
        and field[2].isdecimal()
    )


def missing_ids(folder: Path = Path("/etc")) -> Problem | None:
    """Whether we lack ids for the users inside containers."""
    if os.geteuid() == 0:
        return None
    user, uid = user_name(), os.getuid()
    for name in ("subuid", "subgid"):
        if not id_ranges(folder / name, user, uid):
            return Problem(
                f"user {user} has no range of ids in /etc/{name}",
                f"as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}\n"
                "and then: podman system migrate",
                id="no-subordinate-ids",
            )
    return None


def missing_id_mapper() -> Problem | None:
    """Whether newuidmap, which sets up user namespaces, is missing."""
    if os.geteuid() == 0 or process.find("newuidmap") is not None:
        return None
    return Problem(
        "newuidmap is not installed",
        "on Debian and Ubuntu: sudo apt-get install uidmap",
        "newuidmap",
    )


def closed_tun(device: Path = _TUN) -> Problem | None:
    """Whether we may not open the device that slirp4netns and pasta need."""
    if os.geteuid() == 0 or os.access(device, os.R_OK | os.W_OK):
        return None
    if not device.exists():
        what, mend = f"{device} does not exist", "as root: modprobe tun"
    else:
        what, mend = f"{device} may not be opened", f"as root: chmod 666 {device}"
    return Problem(f"{what}, so rootless containers get no network", mend, "no-tun-device")


def no_runtime_dir() -> Problem | None:
    """Whether XDG_RUNTIME_DIR names a folder that is not ours."""
    folder = os.environ.get("XDG_RUNTIME_DIR")
    if not folder or os.geteuid() == 0 or os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return None
    return Problem(
        f"XDG_RUNTIME_DIR is {folder}, which is not there or not ours",
        f"as root: install -d -m 700 -o {user_name()} {folder}",
        "no-runtime-dir",
    )


def obstacles(network: bool = True) -> tuple[Problem, ...]:
    """Everything known that keeps rootless containers from starting here."""
    found = (
        missing_ids(),
        missing_id_mapper(),
        no_runtime_dir(),
        closed_tun() if network else None,
    )
    return tuple(problem for problem in found if problem is not None)

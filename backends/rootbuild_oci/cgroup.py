"""Where a step's control group can be made, found out by looking only.

A user may make groups where somebody delegated a part of the hierarchy: systemd does for each
user, to whoever runs below `user@UID.service`. What runs elsewhere (in an ssh session, say) may not
move itself there, but can have systemd make a group for it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from rootbuild.errors import HostError
from rootbuild.execution import Resources
from rootbuild.records import dataclass
from rootbuild_oci import namespace

Manager = Literal["cgroupfs", "systemd"]
ROOT = Path("/sys/fs/cgroup")
DELEGATE = (
    "start the build where this user may make control groups, as by: "
    "systemd-run --user --scope -p Delegate=yes rootbuild build ..."
)


@dataclass(frozen=True, slots=True)
class Place:
    """A control group to be made: `path` is the specification's cgroupsPath."""

    path: str
    manager: Manager


@dataclass(frozen=True, slots=True)
class Host:
    """What this host has: the hierarchy, our own group in it, and whether systemd listens."""

    root: Path
    own: str
    bus: bool
    user: int

    @property
    def delegated(self) -> str:
        """The group that systemd makes groups of this user below."""
        if self.user == 0:
            return "/"
        return f"/user.slice/user-{self.user}.slice/user@{self.user}.service"


def this_host(environment: Mapping[str, str] = os.environ) -> Host:
    """The host that we are on."""
    user = namespace.user(environment)
    own = ""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, _, path = line.split(":", 2)
        own = path if number == "0" else own
    folder = environment.get("XDG_RUNTIME_DIR", f"/run/user/{user}")
    bus = Path("/run/dbus/system_bus_socket") if user == 0 else Path(folder, "bus")
    return Host(ROOT, own or "/", Path("/run/systemd/system").is_dir() and bus.exists(), user)


def needs_group(resources: Resources) -> bool:
    """Whether anything at all was asked for."""
    return resources != Resources()


def controllers(resources: Resources) -> tuple[str, ...]:
    """The controllers that serve what was asked for."""
    wanted = {
        "memory": resources.memory or resources.memory_swap,
        "cpu": resources.cpu_shares or resources.cpu_period or resources.cpu_quota,
        "cpuset": resources.cpuset_cpus or resources.cpuset_mems,
    }
    return tuple(name for name, value in wanted.items() if value)


def find(resources: Resources, identity: str, host: Host) -> Place:
    """Where the group `identity` can be made. Raises HostError."""
    wanted = controllers(resources)
    if not (host.root / "cgroup.controllers").exists():
        raise _refused(
            "limits of a step need control groups of version 2 alone; this host has others",
            "boot it with systemd.unified_cgroup_hierarchy=1 (docs/hosts.md)",
        )
    if resources.cgroup_parent.endswith(".slice") and "/" not in resources.cgroup_parent:
        return _by_systemd(host, resources.cgroup_parent, identity, wanted)
    for parent in _parents(resources.cgroup_parent, host):
        if _usable(host, parent, wanted):
            return Place(str(PurePosixPath(parent, identity)), "cgroupfs")
    if resources.cgroup_parent:
        raise _refused(
            f"{_groups(wanted)} cannot be made below {resources.cgroup_parent} by this user",
            f"give the user that part of the hierarchy below {host.root}, its controllers included",
        )
    return _by_systemd(host, "user.slice" if host.user else "system.slice", identity, wanted)


def forget(place: Place, root: Path = ROOT) -> None:
    """Remove a group that a runtime made for a container that it could not start."""
    if place.manager == "cgroupfs":
        with contextlib.suppress(OSError):
            (root / place.path.lstrip("/")).rmdir()


def _by_systemd(host: Host, parent: str, identity: str, wanted: tuple[str, ...]) -> Place:
    if not host.bus:
        raise _refused(f"{_groups(wanted)} cannot be made by this user", DELEGATE)
    missing = set(wanted) - _words(host.root / host.delegated.lstrip("/") / "cgroup.controllers")
    if missing:
        raise _refused(
            f"systemd does not let this user have the controllers {', '.join(sorted(missing))}",
            "sudo systemctl edit user@.service, with the lines [Service] and "
            "Delegate=cpu cpuset io memory pids; then log in again",
        )
    return Place(f"{parent}:rootbuild:{identity}", "systemd")


def _parents(given: str, host: Host) -> Iterator[str]:
    if given:
        yield str(PurePosixPath("/", given))
        return
    own = PurePosixPath(host.own)
    yield from (str(parent) for parent in (own, *own.parents))


def _usable(host: Host, parent: str, wanted: tuple[str, ...]) -> bool:
    """Whether a group below `parent` can be made, entered by us, and given the controllers."""
    folder = host.root / parent.lstrip("/")
    common = host.root / os.path.commonpath((parent, host.own)).lstrip("/")
    if not (
        os.access(folder, os.W_OK | os.X_OK)
        and os.access(folder / "cgroup.procs", os.W_OK)
        and os.access(common / "cgroup.procs", os.W_OK)
    ):
        return False
    off = set(wanted) - _words(folder / "cgroup.subtree_control")
    if not off:
        return True
    # The kernel switches a controller on only where no process is in the group itself.
    empty = folder == host.root or not _words(folder / "cgroup.procs")
    switch = os.access(folder / "cgroup.subtree_control", os.W_OK)
    return empty and switch and off <= _words(folder / "cgroup.controllers")


def _words(path: Path) -> set[str]:
    try:
        return set(path.read_text().split())
    except OSError:
        return set()


def _groups(wanted: tuple[str, ...]) -> str:
    names = f" with the controllers {', '.join(wanted)}" if wanted else ""
    return f"control groups{names}"


def _refused(message: str, hint: str) -> HostError:
    return HostError(message, id="no-cgroup", hint=hint)

"""The mounts that a step asked for: what hides them, and what `buildah run` cannot do."""

from __future__ import annotations

from pathlib import Path

from rootbuild.errors import HostError
from rootbuild.execution import Exec, Memory, Mount
from rootbuild_oci import cgroup, stubs

HINT = "install crun or runc where this host lets one of them work (docs/hosts.md)"
# With isolation "chroot" buildah puts the host's own over whatever is mounted there.
TAKEN_BY_CHROOT = ("/dev", "/proc", "/sys")
# Otherwise it mounts its own there, in no certain order: one time in twenty that is on top of ours.
TAKEN = (*TAKEN_BY_CHROOT, "/dev/pts", "/dev/shm", "/dev/mqueue")  # noqa: S108 - mount points


def covers(mounts: tuple[Mount, ...], rootfs: Path, places: tuple[Path, ...]) -> bool:
    """Whether the way to a file (see `stubs.resolve`) leads through something to be mounted."""
    points = {stubs.resolve(rootfs, mount.target)[-1:] for mount in mounts}
    return any((place,) in points for place in places)


def refuse(command: Exec, *, chroot: bool) -> None:
    """Raise HostError for what `buildah run` cannot be told.

    All that it gets is on its command line, for everybody to read.
    """
    if command.secrets:
        names = ", ".join(name for name, _ in command.secrets)
        raise _needs_runtime(f"a secret in the environment ({names})")
    for what, wanted in (
        ("a step with --security=insecure", command.security.insecure),
        ("a step without new privileges", command.security.no_new_privileges),
        ("a choice of seccomp rules", bool(command.security.seccomp)),
        ("a limit on memory or processors", cgroup.needs_group(command.limits.resources)),
        ("a device with hooks", bool(command.hooks)),
        ("a size of /dev/shm", bool(command.limits.shm_size) and not chroot),
    ):
        if wanted:
            raise _needs_runtime(what)
    _refuse_mounts(command, chroot=chroot)


def _refuse_mounts(command: Exec, *, chroot: bool) -> None:
    places = [("" if isinstance(m, Memory) else str(m.source), m.target) for m in command.mounts]
    places += [(str(device.source), device.target) for device in command.devices]
    for source, target in places:
        if ":" in source + target or "," in target:
            raise _needs_runtime(f"a mount at {target} (with a : or a , in one of its paths)")
        taken = f"/{target.split('/')[1]}" in TAKEN_BY_CHROOT if chroot else target in TAKEN
        if taken:
            raise _needs_runtime(f"a mount at {target}")


def _needs_runtime(what: str) -> HostError:
    return HostError(f"{what} needs an OCI runtime", id="needs-runtime", hint=HINT)

"""buildah's own ways to run a step: `buildah run`, where no OCI runtime works by itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from rootbuild import process
from rootbuild.choices import Way
from rootbuild_buildah import argv
from rootbuild_oci import bundle, kernel, limits, mounts, network, spec, steps
from rootbuild_oci.inside import kill_inside
from rootbuild_oci.step import Step

CHROOT, BUILDAH = "chroot", "buildah"
LAST = CHROOT
ANY_ROOT = False
MOUNT_POINTS: tuple[str, ...] = (*steps.MOUNT_POINTS, "/etc/hostname", "/run/.containerenv")
SHM = "/dev/shm"  # noqa: S108 - a mount point, in a namespace of its own


def ways() -> tuple[Way, ...]:
    """Isolation "chroot", which needs no OCI runtime at all, and whatever buildah takes."""
    return (Way(CHROOT, _surely), Way(BUILDAH, _surely))


def forget(folder: Path) -> None:
    """Nothing: what `buildah run` leaves is found in the container."""


def run(way: str, folder: Path, step: Step, output: IO[bytes]) -> int:
    """Run a step by `buildah run`.

    The container's own environment is dropped first, as buildah would add it to ours. Two things
    are not as they should be: there are no supplementary groups, and buildah adds HOSTNAME to the
    environment. Raises HostError for what `buildah run` cannot be told.
    """
    command, chroot = step.command, way == CHROOT
    mounts.refuse(command, chroot=chroot)
    process.call(argv.forget_config(step.container))
    with contextlib.ExitStack() as stack:
        # There may be no namespace of process ids whose end would take all processes along.
        stack.callback(kill_inside, step.rootfs)
        binds = [f"{source}:{target}:ro" for source, target in bundle.write_binds(folder, step)]
        netns = step.network.namespace
        if netns == "":
            netns = stack.enter_context(network.namespace())
        joined = [f"--net={netns}"] if netns else []
        if command.limits.shm_size:
            # With isolation "chroot" a step has the /dev/shm that buildah itself has.
            shm = stack.enter_context(_with_shm(command.limits.shm_size))
            joined.append(f"--mount={shm}")
        environment = {}
        if command.limits.ulimits:
            conf = folder / "containers.conf"
            conf.write_text(limits.containers_conf(command.limits.ulimits))
            environment = {"CONTAINERS_CONF": str(conf)}
        words = argv.run(step.container, command, _how(way), joined, binds, spec.CAPABILITIES)
        if command.terminal:
            return process.attached(words, environment)
        finished = process.run(
            words,
            check=False,
            output=output,
            env=environment,
            stop=lambda: kill_inside(step.rootfs),
        )
    return 128 - finished.status if finished.status < 0 else finished.status


def _surely() -> str:
    """What needs nothing of the host: buildah makes it out of namespaces alone."""
    return ""


def _how(way: str) -> tuple[str, ...]:
    """What to tell buildah."""
    if way == CHROOT:
        return ("--isolation", "chroot")
    likeliest = steps.likeliest()
    return ("--runtime", likeliest) if likeliest else ()


@contextlib.contextmanager
def _with_shm(size: int) -> Iterator[str]:
    """The path of a mount namespace like ours, but with a /dev/shm of that size."""
    descriptor = kernel.in_thread(lambda: _unshared(size))
    try:
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _unshared(size: int) -> int:
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_SLAVE)
    flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("shm", SHM, "tmpfs", flags, f"size={size},mode=1777")
    return os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)

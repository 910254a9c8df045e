"""Trying a way for real, with nothing at stake."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Bind, Exec
from rootbuild.facts import programs
from rootbuild_buildah import namespace, network, steps

HARMLESS = "true"
_NAME = "rootbuild-probe"


def runtime(way: steps.Way) -> str:
    """Have an OCI runtime run a harmless program of this host's in an empty root filesystem."""
    program = process.find(HARMLESS)
    if program is None:
        return f"there is no program {HARMLESS!r} to try it with"
    _sweep()
    with steps.bundle(f"{_NAME}-{os.getpid()}-{way}") as folder, tempfile.TemporaryFile() as output:
        rootfs = folder / "rootfs"
        rootfs.mkdir()
        command = Exec((program,), network="none", mounts=_lent(rootfs))
        try:
            step = steps.Step(_NAME, rootfs, command, network.ALONE)
            status = steps.run_bundle(way, folder, step, output)
        except steps.NeverStartedError as error:
            return error.said
        output.seek(0)
        said = output.read().decode("utf-8", "replace").strip()
    return "" if status == 0 else f"a harmless program exited with {status} {said}".rstrip()


def _lent(rootfs: Path) -> tuple[Bind, ...]:
    """The mounts that bring the host's programs into an empty root filesystem."""
    folders = programs.look()
    for link, target in folders.links:
        (rootfs / link).symlink_to(target)
    return tuple(Bind(folder, str(folder)) for folder in folders.mounts)


def _sweep() -> None:
    """Remove what attempts left that were killed."""
    for folder in (namespace.folder() / "bundles").glob(f"{_NAME}-*-*"):
        pid = folder.name.split("-")[2]
        if not os.path.exists(f"/proc/{pid}"):
            steps.remove_leftovers(f"{_NAME}-{pid}", folder.absolute)

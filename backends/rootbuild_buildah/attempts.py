"""Trying a way for real, with nothing at stake."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Bind, Exec
from rootbuild.facts import programs
from rootbuild_buildah import network, steps

HARMLESS = "true"


def runtime(way: steps.Way) -> str:
    """Have an OCI runtime run a harmless program of this host's in an empty root filesystem."""
    program = process.find(HARMLESS)
    if program is None:
        return f"there is no program {HARMLESS!r} to try it with"
    with _root() as (rootfs, mounts), tempfile.TemporaryFile() as output:
        command = Exec((program,), network="none", mounts=mounts)
        step = steps.Step("rootbuild-probe", rootfs, command, network.ALONE)
        try:
            with steps.bundle(f"rootbuild-probe-{way}-{os.getpid()}") as folder:
                status = steps.run_bundle(way, folder, step, output)
        except steps.NeverStartedError as error:
            return error.said
        output.seek(0)
        said = output.read().decode("utf-8", "replace").strip()
    return "" if status == 0 else f"a harmless program exited with {status} {said}".rstrip()


@contextlib.contextmanager
def _root() -> Iterator[tuple[Path, tuple[Bind, ...]]]:
    """An empty root filesystem, and the mounts that bring the host's programs into it."""
    folders = programs.look()
    with tempfile.TemporaryDirectory(prefix="rootbuild-probe-") as name:
        for link, target in folders.links:
            Path(name, link).symlink_to(target)
        yield Path(name), tuple(Bind(folder, str(folder)) for folder in folders.mounts)

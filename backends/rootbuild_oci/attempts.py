"""Trying a way for real, with nothing at stake."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

from rootbuild import process
from rootbuild.execution import Bind, Exec
from rootbuild.facts import programs
from rootbuild_oci import argv, bundle, filters, network, steps
from rootbuild_oci.engine import OwnWays
from rootbuild_oci.step import NeverStartedError, Step

HARMLESS = "true"
_NAME = "rootbuild-probe"


def runtime(way: str, own: OwnWays) -> str:
    """Have an OCI runtime run a harmless program of this host's in an empty root filesystem.

    Gives "" if it did, else what it said.
    """
    return _tried(way, own, partial(steps.run_bundle, way))


def own_way(way: str, own: OwnWays) -> str:
    """The same with one of an engine's own ways."""
    return _tried(way, own, partial(own.run, way))


def _tried(way: str, own: OwnWays, run: Callable[[Path, Step, IO[bytes]], int]) -> str:
    program = process.find(HARMLESS)
    if program is None:
        return f"there is no program {HARMLESS!r} to try it with"
    sweep(own)
    with bundle.bundle(_identity(way)) as folder, tempfile.TemporaryFile() as output:
        step = _harmless(folder, program)
        try:
            status = run(folder, step, output)
        except NeverStartedError as error:
            return error.said
        output.seek(0)
        said = output.read().decode("utf-8", "replace").strip()
    return "" if status == 0 else f"a harmless program exited with {status} {said}".rstrip()


def make_filter(way: str, own: OwnWays) -> None:
    """Keep the seccomp filter that a runtime makes for steps (see `filters`).

    To be had of a container that is made and never started. If this fails, steps do without.
    """
    program = process.find(HARMLESS)
    if program is None:
        return
    sweep(own)
    identity, state = _identity(way), steps.runtime_root(way)
    with bundle.bundle(identity) as folder:
        bundle.write(folder, _harmless(folder, program))
        try:
            process.call(argv.runtime_create(way, state, folder, identity), check=False)
            filters.keep(way, folder, state / identity)
        finally:
            process.call(argv.runtime_delete(way, state, identity), check=False)


def _identity(way: str) -> str:
    return f"{_NAME}-{os.getpid()}-{way}"


def _harmless(folder: Path, program: str) -> Step:
    """A step that runs a program of this host's in a root made of the host's folders."""
    rootfs = folder / "rootfs"
    rootfs.mkdir()
    command = Exec((program,), network="none", mounts=_lent(rootfs))
    return Step(_NAME, rootfs, command, network.ALONE)


def _lent(rootfs: Path) -> tuple[Bind, ...]:
    """The mounts that bring the host's programs into an empty root filesystem."""
    folders = programs.look()
    for link, target in folders.links:
        (rootfs / link).symlink_to(target)
    return tuple(Bind(folder, str(folder)) for folder in folders.mounts)


def sweep(own: OwnWays) -> None:
    """Remove what attempts left that were killed."""
    for folder in bundle.parent().glob(f"{_NAME}-*-*"):
        pid = folder.name.split("-")[2]
        if not os.path.exists(f"/proc/{pid}"):
            steps.remove_leftovers(f"{_NAME}-{pid}", None, own)

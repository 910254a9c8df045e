"""Which OCI runtime works on this host, found out by running one, and remembered until it changes.

Containers of our own are good for steps only where a runtime runs these: `buildah run` knows only
the containers that buildah made.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootbuild import process
from rootbuild.execution import Bind, Exec
from rootbuild_buildah import argv, bundle, filters, namespace, network, steps
from rootbuild_buildah.step import Step

HARMLESS = "true"
# Where hosts keep programs and what these load.
PROGRAMS = ("usr", "bin", "lib", "lib32", "lib64", "nix", "gnu")


def runtime(container: str) -> steps.Way | None:
    """The first runtime that works here; None if there is no such.

    What a killed build leaves of the attempt goes with what it leaves of the container.
    """
    known = _remembered()
    for way in steps.ways():
        if way in steps.RUNTIMES:
            if known == _described(way):
                return way
            if _works(way, container):
                _remember(way)
                return way
    return None


def forget() -> None:
    """What is remembered has turned out to be wrong."""
    _file().unlink(missing_ok=True)


def _works(way: steps.Way, container: str) -> bool:
    """Whether it can run a harmless program of this host's, in a root made of the host's folders.

    The filter that it makes for that is the usual one, and worth keeping.
    """
    program = process.find(HARMLESS)
    if program is None:
        return False
    identity = f"{container}-{os.getpid()}-probe"
    state = steps.runtime_root(way)
    with tempfile.TemporaryDirectory(prefix="rootbuild-probe-") as root:
        command = Exec((program,), network="none", mounts=tuple(_programs(Path(root))))
        with bundle.bundle(identity) as folder:
            bundle.write(folder, Step(identity, Path(root), command, network.ALONE))
            try:
                if not _succeeds(argv.runtime_create(way, state, folder, identity)):
                    return False
                filters.keep(way, folder, state / identity)
                return _succeeds(argv.runtime_start(way, state, identity))
            finally:
                process.call(argv.runtime_delete(way, state, identity), check=False)


def _succeeds(command: Sequence[str]) -> bool:
    return process.call(command, check=False).status == 0


def _programs(root: Path) -> Iterator[Bind]:
    """The host's programs and libraries, made to appear in a root filesystem."""
    for name in PROGRAMS:
        if Path("/", name).is_symlink():
            (root / name).symlink_to(os.readlink(f"/{name}"))
        elif Path("/", name).is_dir():
            yield Bind(Path("/", name), f"/{name}")


def _file() -> Path:
    return namespace.folder() / "runtime.json"


def _described(way: steps.Way) -> list[object]:
    """The runtime that was tried, and what it was tried on."""
    program = process.find(way)
    assert program is not None
    status = os.stat(program)
    return [way, program, status.st_ino, status.st_mtime_ns, os.uname().release]


def _remembered() -> object:
    try:
        return json.loads(_file().read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _remember(way: steps.Way) -> None:
    staged = _file().with_name(f"runtime.{os.getpid()}")
    staged.write_text(json.dumps(_described(way)))
    staged.replace(_file())

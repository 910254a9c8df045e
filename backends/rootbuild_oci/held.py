"""Names for mounts whose source is held open: what a name leads to could be swapped meanwhile.

A descriptor means nothing to the engine, and its path below /proc cannot be mounted from the mount
namespace that a runtime makes. So each gets a name of its own, in a private folder, by a mount.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootbuild.execution import Bind, Mount
from rootbuild.records import replace
from rootbuild_oci import kernel, namespace


@contextlib.contextmanager
def named(identity: str, mounts: Sequence[Mount]) -> Iterator[tuple[Mount, ...]]:
    """The same mounts for the length of a block, none of them by a descriptor any more."""
    with contextlib.ExitStack() as stack:
        found: list[Mount] = []
        for number, mount in enumerate(mounts):
            if isinstance(mount, Bind) and mount.descriptor is not None:
                place = stack.enter_context(_place(identity, number, mount.descriptor))
                mount = replace(mount, source=place, descriptor=None)
            found.append(mount)
        yield tuple(found)


def remove_leftovers(container: str) -> None:
    """Take away what a killed build's steps in a container had."""
    for place in _folder().glob(f"{container}-*"):
        with contextlib.suppress(OSError):  # most go with the mount namespace that they were in
            kernel.unmount(str(place))
        _remove(place)


@contextlib.contextmanager
def _place(identity: str, number: int, descriptor: int) -> Iterator[Path]:
    _folder().mkdir(mode=0o700, exist_ok=True)
    place = _folder() / f"{identity}-{number}"
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        place.mkdir(mode=0o700)
    else:
        place.touch(mode=0o600)
    try:
        with kernel.bound(f"/proc/self/fd/{descriptor}", place):
            yield place
    finally:
        _remove(place)


def _remove(place: Path) -> None:
    """Remove a mount point; never what is mounted on it."""
    if place.is_dir():
        place.rmdir()
    else:
        place.unlink(missing_ok=True)


def _folder() -> Path:
    return namespace.folder() / "held"

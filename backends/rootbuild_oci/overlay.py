"""Layers on top of each other: the kernel's overlayfs, mounted by ourselves.

Only inside of the engine's namespaces, where nobody else sees the mount, and where it goes when the
last process of the build does.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootbuild_oci import kernel

# With this many, the option that names the layers still fits into a page.
MOST_LAYERS = 180
_OPEN = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def options(lowers: Sequence[int], upper: int, work: int, *, rootless: bool) -> str:
    """Options of the mount. Folders are given by open descriptors, which need no escapes.

    As the engine mounts its own: marks of removed files are in `user.` attributes where we are not
    the host's root, and nothing is written to the disk for safety's sake, as all is thrown away.
    """
    layers = ":".join(_path(lower) for lower in lowers)
    how = ("userxattr",) if rootless else ("redirect_dir=off", "metacopy=off")
    folders = (f"lowerdir={layers}", f"upperdir={_path(upper)}", f"workdir={_path(work)}")
    return ",".join((*folders, "index=off", *how))


def mount(lowers: Sequence[int], upper: Path, work: Path, target: Path, *, rootless: bool) -> None:
    """Mount layers, the top one first. Raises OSError."""
    with _opened(upper) as writable, _opened(work) as workplace:
        data = options(lowers, writable, workplace, rootless=rootless)
        try:
            kernel.mount("overlay", target, "overlay", options=f"{data},volatile")
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            kernel.mount("overlay", target, "overlay", options=data)  # before Linux 5.10


@contextlib.contextmanager
def layers(folders: Sequence[Path]) -> Iterator[tuple[int, ...]]:
    """Descriptors of folders, for the length of a block. Raises OSError."""
    with contextlib.ExitStack() as stack:
        yield tuple(stack.enter_context(_opened(folder)) for folder in folders)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, _OPEN)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _path(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"

"""Locks on entries of the download caches. The kernel drops them when a process ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from rootbuild.errors import HostError


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder alone for the length of the block, which works in it; it is made if need be.

    What the system refuses in the block is a HostError.
    """
    try:
        with _opened(folder, make=True) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise _refused(folder, error) from error


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep a folder from being swept for the length of the block; others may hold it too."""
    with _opened(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


def sweep(folder: Path, keep: str) -> None:
    """Remove the folders in a folder (which the caller has locked) that nobody holds, but one."""
    for entry in list(os.scandir(folder)):
        if entry.name == keep or not entry.is_dir(follow_symlinks=False):
            continue
        with contextlib.suppress(OSError), _opened(Path(entry.path)) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(entry.path)


@contextlib.contextmanager
def _opened(folder: Path, *, make: bool = False) -> Iterator[int]:
    if make:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _refused(folder: Path, error: OSError) -> HostError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space(folder)
    return HostError(
        f"cannot keep what was fetched in {folder}: {error.strerror or error}",
        id="cache-folder",
        hint="make that folder writable, or set XDG_CACHE_HOME to one that is",
    )


def no_space(folder: Path, why: str = "") -> HostError:
    """The error for a full disk, or one that would be."""
    return HostError(
        f"no space left on the disk of {folder}{why}",
        id="no-space",
        hint="free some space, or set XDG_CACHE_HOME to a folder of a larger disk",
    )

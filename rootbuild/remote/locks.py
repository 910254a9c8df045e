"""Locks on entries of the download caches. The kernel drops them when a process ends.

An entry may be removed by who holds it alone: who waited for its lock meanwhile makes it anew.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootbuild.errors import HostError

_GONE = ".gone-"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder alone for the length of the block, which works in it; it is made if need be.

    What the system refuses in the block is a HostError.
    """
    try:
        with _made(folder, fcntl.LOCK_EX):
            yield
    except OSError as error:
        raise _refused(folder, error) from error


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Keep a folder, which is made if need be, from being removed for the length of the block."""
    with _made(folder, fcntl.LOCK_SH):
        yield


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


def busy(folders: Sequence[Path]) -> bool:
    """Whether somebody holds one of some folders, or what is in it, in whatever way."""
    with contextlib.ExitStack() as stack:
        return not _alone(stack, folders)


def discard(entry: Path, folders: Sequence[Path]) -> bool:
    """Remove an entry; False if somebody holds one of the `folders`, which belong to it.

    Who uses an entry holds one of these, or a folder in one of these.
    """
    gone = entry.with_name(f"{_GONE}{entry.name}-{os.getpid()}")
    with contextlib.ExitStack() as stack:
        for folder in folders:
            _make(folder)
        if not _alone(stack, folders):
            return False
        try:
            entry.rename(gone)
        except FileNotFoundError:
            return True  # somebody else has removed it
    shutil.rmtree(gone, ignore_errors=True)
    return True


def entries(parent: Path) -> list[Path]:
    """The entries in a folder. What is left of one that was removed, by a killed process, goes."""
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(parent) as scanned:
        for entry in scanned:
            if entry.name.startswith(_GONE):
                shutil.rmtree(entry.path, ignore_errors=True)
            elif entry.is_dir(follow_symlinks=False):
                found.append(Path(entry.path))
    return found


def _alone(stack: contextlib.ExitStack, folders: Sequence[Path]) -> bool:
    """Hold folders and all that are in them until the stack ends; False if others do."""
    for folder in folders:
        try:
            _hold(stack, folder)
            for entry in list(os.scandir(folder)):
                if entry.is_dir(follow_symlinks=False):
                    _hold(stack, Path(entry.path))
        except FileNotFoundError:
            continue  # nobody can hold it
        except BlockingIOError:
            return False
    return True


def _hold(stack: contextlib.ExitStack, folder: Path) -> None:
    descriptor = stack.enter_context(_opened(folder))
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def _made(folder: Path, mode: int) -> Iterator[None]:
    """Hold a folder, which is made if need be, and again if it is removed before it is ours."""
    with contextlib.ExitStack() as stack:
        while True:
            _make(folder)
            with contextlib.suppress(FileNotFoundError):
                descriptor = stack.enter_context(_opened(folder))
                fcntl.flock(descriptor, mode)
                if os.path.samestat(os.fstat(descriptor), os.stat(folder)):
                    break
            stack.close()
        yield


def _make(folder: Path) -> None:
    """Make a folder unless it is there. It may come and go meanwhile."""
    while not folder.is_dir():
        try:
            folder.mkdir(parents=True, mode=0o700)
        except FileExistsError:
            if folder.exists() and not folder.is_dir():
                raise


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
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

"""Folders that are gone when their process is, at the latest with the next build.

Each has a lock that its process holds, and with it all that are forked off. The kernel drops the
lock when the last of them ends, so a folder that can be locked belongs to nobody any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from rootbuild.errors import HostError


@contextlib.contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """A private folder below `parent`, removed with all that is in it when the block ends.

    A process that was forked off within the block may use it, and leaves it alone at the end.
    Raises HostError when it cannot be made.
    """
    import tempfile

    with contextlib.ExitStack() as stack:
        try:
            parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Nobody may find a folder between its being made and its being locked.
            with _locked(parent):
                _remove_left(parent)
                folder = Path(tempfile.mkdtemp(dir=parent))
                stack.enter_context(_locked(folder))
        except OSError as error:
            raise HostError(
                f"cannot keep temporary files in {parent}: {error.strerror}",
                id="cache-folder",
                hint="make that folder writable, or set XDG_CACHE_HOME to one that is",
            ) from error
        maker = os.getpid()
        try:
            yield folder
        finally:
            if os.getpid() == maker:
                _remove(folder)


def sweep(parent: Path) -> None:
    """Remove what processes that were killed left below `parent`, if we may."""
    with (
        contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError),
        _locked(parent),
    ):
        _remove_left(parent)


def _remove_left(parent: Path) -> None:
    for entry in list(os.scandir(parent)):
        if entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(BlockingIOError), _locked(Path(entry.path), wait=False):
                _remove(Path(entry.path))


def _remove(folder: Path) -> None:
    import shutil

    try:
        shutil.rmtree(folder)
    except PermissionError:
        # Unpacked directories may have any mode, which only root would not mind.
        for above, names, _ in os.walk(folder):
            for name in names:
                if not os.path.islink(path := os.path.join(above, name)):
                    os.chmod(path, 0o700)
        shutil.rmtree(folder)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)

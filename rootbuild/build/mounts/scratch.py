"""Folders that are gone when their process is, at the latest with the next build.

Each process holds a lock on its own. The kernel drops the lock when the process ends, so a folder
that can be locked belongs to nobody any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """A private folder below `parent`, removed with all that is in it when the block ends."""
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.ExitStack() as stack:
        # Nobody may find a folder between its being made and its being locked.
        with _locked(parent):
            _sweep(parent)
            folder = Path(tempfile.mkdtemp(dir=parent))
            stack.enter_context(_locked(folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def _sweep(parent: Path) -> None:
    for entry in list(os.scandir(parent)):
        if entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(BlockingIOError), _locked(Path(entry.path), wait=False):
                shutil.rmtree(entry.path)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)

"""What a build has to clean up, written down before it is made.

Each build holds a lock on a file of its own, which lists the names of its working containers.
The kernel drops the lock when the process ends, however it ends; so a file that can be locked
belongs to a build that was killed, and whoever finds it removes what it lists.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

PREFIX = "rootbuild"


class Journal:
    """The open file of a running build."""

    def __init__(self, stream: TextIO, build: str) -> None:
        self._stream = stream
        self._build = build
        self._count = 0

    def container(self) -> str:
        """A name for a working container that is about to be made; noted before it is given out."""
        self._count += 1
        name = f"{PREFIX}-{self._build}-{self._count}"
        self._stream.write(name + "\n")
        self._stream.flush()
        return name


@contextlib.contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """The journal of this build, gone when the block ends: by then its resources are gone too."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    build = uuid.uuid4().hex[:12]
    path = folder / f"{build}.journal"
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield Journal(stream, build)
        finally:
            path.unlink(missing_ok=True)


def clean_up_after_killed(folder: Path, remove: Callable[[Sequence[str]], None]) -> None:
    """Remove what builds that were killed left behind; `remove` gets the containers' names."""
    with contextlib.suppress(FileNotFoundError):
        for entry in list(os.scandir(folder)):
            if entry.name.endswith(".journal"):
                _clean_up(Path(entry.path), remove)


def _clean_up(path: Path, remove: Callable[[Sequence[str]], None]) -> None:
    try:
        stream = path.open("r+")
    except FileNotFoundError:
        return
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        names = stream.read().split()
        if names:
            remove(names)
        path.unlink(missing_ok=True)

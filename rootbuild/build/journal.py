"""What a build has to clean up, written down before it is made.

Each build holds a lock on a file of its own, which lists the names of its working containers.
The kernel drops the lock when the process ends, however it ends; so a file that can be locked
belongs to a build that was killed, and whoever finds it removes what it lists.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from rootbuild.errors import HostError

PREFIX = "rootbuild"


class Journal:
    """The open file of a running build, for all its threads."""

    def __init__(self, stream: TextIO, build: str) -> None:
        self._stream = stream
        self._build = build
        self._count = 0
        self._lock = threading.Lock()

    def container(self) -> str:
        """A name for a working container that is about to be made; noted before it is given out."""
        with self._lock:
            self._count += 1
            name = f"{PREFIX}-{self._build}-{self._count}"
            self._stream.write(name + "\n")
            self._stream.flush()
        return name


@contextlib.contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """The journal of this build, gone when the block ends: by then its resources are gone too.

    Raises HostError when the folder cannot be written.
    """
    build = uuid.uuid4().hex[:12]
    path = folder / f"{build}.journal"
    with _locked(path) as stream:
        try:
            yield Journal(stream, build)
        finally:
            path.unlink(missing_ok=True)


def clean_up_after_killed(folder: Path, remove: Callable[[Sequence[str]], None]) -> None:
    """Remove what builds that were killed left behind; `remove` gets the containers' names.

    Raises HostError when the folder cannot be read.
    """
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unusable(folder, error) from error
    for name in names:
        if name.endswith(".journal"):
            _clean_up(folder / name, remove)


def _locked(path: Path) -> TextIO:
    """A new file with a lock on it. Before it has one, who cleans up may take and remove it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            stream = path.open("w")
            fcntl.flock(stream, fcntl.LOCK_EX)
            if os.fstat(stream.fileno()).st_nlink:
                return stream
            stream.close()
    except OSError as error:
        raise _unusable(path.parent, error) from error


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


def _unusable(folder: Path, error: OSError) -> HostError:
    return HostError(
        f"cannot keep notes of running builds in {folder}: {error.strerror}",
        id="state-folder",
        hint="make that folder writable, or set XDG_STATE_HOME to one that is",
    )

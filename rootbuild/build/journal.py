"""What a build has to clean up, written down before it is made.

Each build holds a lock on a file of its own, which lists the names of its working containers.
The kernel drops the lock when the process ends, however it ends; so a file that can be locked
belongs to a build that was killed, and whoever finds it removes what it lists.

It also lists the images that the build has found in the store and goes on from, which nobody is to
remove meanwhile. Who looks whether one is there and lists it holds the gate with others; who looks
whether one is listed and removes it holds the gate alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from rootbuild.errors import HostError
from rootbuild.records import dataclass

PREFIX = "rootbuild"
_IMAGE = "image:"
_BEGUN = "begun:"
_MARKS = (_IMAGE, _BEGUN)


class Journal:
    """The open file of a running build, for all its threads."""

    def __init__(self, stream: TextIO, build: str, folder: Path) -> None:
        self._stream = stream
        self._build = build
        self._folder = folder
        self._count = 0
        self._claimed: set[str] = set()
        self._lock = threading.Lock()
        self._note(f"{_BEGUN}{time.time()}")

    def container(self) -> str:
        """A name for a working container that is about to be made; noted before it is given out."""
        with self._lock:
            self._count += 1
            name = f"{PREFIX}-{self._build}-{self._count}"
            self._note(name)
        return name

    def claim(self, image: str, there: Callable[[str], bool]) -> bool:
        """Keep an image (id) from being removed until the build ends; False if it is gone.

        `there` tells whether the store has it now.
        """
        with self._lock:
            if image in self._claimed:
                return True
            with gate(self._folder, fcntl.LOCK_SH):
                if not there(image):
                    return False
                self._note(f"{_IMAGE}{image}")
            self._claimed.add(image)
        return True

    def _note(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


@dataclass(frozen=True, slots=True)
class Running:
    """What the builds that run have claimed: images (ids), and all that is used `since` a time."""

    images: frozenset[str] = frozenset()
    since: float | None = None

    def uses(self, image: str, used: float) -> bool:
        """Whether an image, of use for the last time at `used`, is to be left alone."""
        return image in self.images or (self.since is not None and used >= self.since)


@contextlib.contextmanager
def gate(folder: Path, mode: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Keep others from claiming images for the length of the block. Raises HostError.

    Its file lies beside the folder of journals, and stays.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(folder.with_name(f"{folder.name}.gate"), flags, 0o600)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        fcntl.flock(descriptor, mode)
        yield
    finally:
        os.close(descriptor)


def running(folder: Path) -> Running:
    """What running builds have claimed, ours left out."""
    images: set[str] = set()
    begun: list[float] = []
    for path in folder.glob("*.journal"):
        with contextlib.suppress(FileNotFoundError, ValueError), path.open() as stream:
            if _free(stream):
                continue
            for word in stream.read().split():
                if word.startswith(_IMAGE):
                    images.add(word.removeprefix(_IMAGE))
                elif word.startswith(_BEGUN):
                    begun.append(float(word.removeprefix(_BEGUN)))
    return Running(frozenset(images), min(begun, default=None))


@contextlib.contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """The journal of this build, gone when the block ends: by then its resources are gone too.

    Raises HostError when the folder cannot be written.
    """
    build = uuid.uuid4().hex[:12]
    path = folder / f"{build}.journal"
    with _locked(path) as stream:
        try:
            yield Journal(stream, build, folder)
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
        if not _free(stream):
            return
        names = [word for word in stream.read().split() if not word.startswith(_MARKS)]
        if names:
            remove(names)
        path.unlink(missing_ok=True)


def _free(stream: TextIO) -> bool:
    """Take the lock of a journal; False if its build runs."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unusable(folder: Path, error: OSError) -> HostError:
    return HostError(
        f"cannot keep notes of running builds in {folder}: {error.strerror}",
        id="state-folder",
        hint="make that folder writable, or set XDG_STATE_HOME to one that is",
    )

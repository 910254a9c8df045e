"""Confined access to a directory tree whose content may be hostile.

Nothing here hands a path of more than one name to the kernel. A path is walked name by name on
directory descriptors that are opened with O_NOFOLLOW; symbolic links are read and followed by us,
as if the root were `/`. A name that is swapped for a link between two steps makes the next step
fail; it never leads outside.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from rootbuild.errors import BuildError
from rootbuild.files.owner import ROOT_OWNER, Owner
from rootbuild.files.paths import Parts, join, shown, split
from rootbuild.records import dataclass

LINK_LIMIT = 40
"""As many links as the kernel follows in one look-up."""

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""To open what should be a file: a FIFO in its place does not block, a link in its place fails."""

_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_HOLD = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_STEP = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class NewDirectory:
    """How missing directories on the way to a place are made; without an owner they are ours."""

    owner: Owner | None = ROOT_OWNER
    mode: int = 0o755

    def own(self, above: int, name: str) -> None:
        """Give a directory that is there exactly this owner and mode, whatever our umask is."""
        descriptor = os.open(name, _LIST, dir_fd=above)
        try:
            if self.owner is not None:
                self.owner.give(descriptor)
            os.fchmod(descriptor, self.mode)
        finally:
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads when its links are followed.

    `status` is None when nothing is there (its directory then exists). `links` are the links that
    were followed, each where it really is; `created` says whether directories were made.
    """

    parts: Parts
    status: os.stat_result | None
    links: tuple[Parts, ...] = ()
    created: bool = False

    @property
    def is_directory(self) -> bool:
        """Whether a directory is there."""
        return self.status is not None and stat.S_ISDIR(self.status.st_mode)


class Trail:
    """The directories from a root down to one place, each held open.

    Going from a directory to its neighbour opens only what differs, so that a walk through a whole
    tree opens each directory about once. Not to be shared between threads.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self._names: list[str] = []
        self._descriptors: list[int] = []

    def at(self, parts: Parts) -> int:
        """A descriptor (O_PATH) of a directory, good until the next call.

        `parts` are real names: a link among them is an error (OSError), as is a missing name.
        """
        names = self._names
        depth = len(parts)
        if len(names) != depth or tuple(names) != parts:
            same = 0
            while same < len(names) and same < depth and names[same] == parts[same]:
                same += 1
            self._leave(same)
            for name in parts[same:]:
                self._enter(name)
        return self._descriptors[-1] if self._descriptors else self._root

    def close(self) -> None:
        """Let go of all directories but the root."""
        self._leave(0)

    def _enter(self, name: str) -> None:
        above = self._descriptors[-1] if self._descriptors else self._root
        self._descriptors.append(os.open(name, _STEP, dir_fd=above))
        self._names.append(name)

    def _leave(self, depth: int) -> None:
        while len(self._descriptors) > depth:
            self._names.pop()
            os.close(self._descriptors.pop())


class Rootfs:
    """A directory tree as a root of its own: a mounted image, a stage, a build context.

    A context manager. Look-ups may come from several threads.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._descriptor = -1

    def __enter__(self) -> Rootfs:
        self._descriptor = os.open(self.path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        os.close(descriptor)

    @contextmanager
    def trail(self) -> Iterator[Trail]:
        """A Trail from this root, closed on the way out."""
        if self._descriptor < 0:
            raise ValueError(f"{self.path} is not open: use it in a with block")
        trail = Trail(self._descriptor)
        try:
            yield trail
        finally:
            trail.close()

    def resolve(self, path: str | Parts, *, make: NewDirectory | None = None) -> Place:
        """Follow a path to where it leads, its last name included, as if chrooted.

        With `make`, missing directories *on the way* are made. Without, a missing one raises
        FileNotFoundError. Other OSErrors: NotADirectoryError, ELOOP for too many links.
        """
        with self.trail() as trail:
            return _Lookup(trail, make).run(split(path) if isinstance(path, str) else path)

    def hold(self, path: str) -> int:
        """A descriptor (O_PATH) of what a path leads to, which the caller closes.

        Raises OSError: as `resolve`, and for what is missing or is swapped for a link meanwhile.
        """
        parts = self.resolve(path).parts
        with self.trail() as trail:
            if not parts:
                return os.dup(trail.at(()))
            descriptor = os.open(parts[-1], _HOLD, dir_fd=trail.at(parts[:-1]))
        if stat.S_ISLNK(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        return descriptor

    def make_directories(self, path: str | Parts, make: NewDirectory) -> Place:
        """Like `mkdir -p`: existing directories stay as they are. NotADirectoryError as mkdir's."""
        with self.trail() as trail:
            lookup = _Lookup(trail, make, last=True)
            place = lookup.run(split(path) if isinstance(path, str) else path)
        if not place.is_directory:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), shown(place.parts))
        return place

    def exists(self, path: str) -> bool:
        """Whether a path leads to anything."""
        try:
            return self.resolve(path).status is not None
        except OSError:
            return False

    def read_head(self, path: str, count: int) -> bytes | None:
        """The first bytes of a regular file, None when there is none. Raises OSError."""
        place = self.resolve(path)
        if place.status is None or not stat.S_ISREG(place.status.st_mode):
            return None
        with self.trail() as trail, open(_open_file(trail, place.parts), "rb") as stream:
            return stream.read(count)

    def read_file(self, path: str, limit: int) -> bytes | None:
        """The content of a regular file, None when there is none; BuildError above `limit`."""
        try:
            place = self.resolve(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if place.status is None or not stat.S_ISREG(place.status.st_mode):
            return None
        with self.trail() as trail, open(_open_file(trail, place.parts), "rb") as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            raise BuildError(f"{shown(place.parts)} is larger than {limit} bytes: not read")
        return content


class _Lookup:
    """One walk along a path."""

    def __init__(self, trail: Trail, make: NewDirectory | None, last: bool = False) -> None:
        self._trail = trail
        self._make = make
        self._last = last
        self._parts: list[str] = []
        self._links: list[Parts] = []
        self._status: os.stat_result | None = None
        self._created = False

    def run(self, path: Parts) -> Place:
        pending = deque(path)
        while pending:
            name = pending.popleft()
            if name == "..":
                del self._parts[-1:]
                self._status = None
            elif name not in ("", "."):
                self._step(name, pending)
        status = self._status or self._final_status()
        return Place(tuple(self._parts), status, tuple(self._links), self._created)

    def _step(self, name: str, pending: deque[str]) -> None:
        above = self._trail.at(tuple(self._parts))
        try:
            status = os.stat(name, dir_fd=above, follow_symlinks=False)
        except FileNotFoundError:
            self._missing(name, above, pending)
            return
        if stat.S_ISLNK(status.st_mode):
            self._follow(name, above, pending)
        else:
            self._parts.append(name)
            self._status = status

    def _follow(self, name: str, above: int, pending: deque[str]) -> None:
        self._links.append((*self._parts, name))
        if len(self._links) > LINK_LIMIT:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), join(self._links[0]))
        target = os.readlink(name, dir_fd=above)
        self._status = None
        if target.startswith("/"):
            self._parts.clear()
        pending.extendleft(reversed(target.split("/")))

    def _missing(self, name: str, above: int, pending: deque[str]) -> None:
        last = not any(rest not in ("", ".") for rest in pending)
        if self._make is not None and (self._last or not last):
            make_directory(above, name, self._make)
            self._created = True
        elif not last:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        self._parts.append(name)
        self._status = None
        if last and not self._last:
            pending.clear()

    def _final_status(self) -> os.stat_result | None:
        if not self._parts:
            return os.stat(self._trail.at(()))
        try:
            above = self._trail.at(tuple(self._parts[:-1]))
            return os.stat(self._parts[-1], dir_fd=above, follow_symlinks=False)
        except FileNotFoundError:
            return None


def make_directory(above: int, name: str, make: NewDirectory) -> None:
    """Make one directory with exactly this owner and mode."""
    os.mkdir(name, 0o700, dir_fd=above)
    make.own(above, name)


def _open_file(trail: Trail, parts: Parts) -> int:
    descriptor = os.open(parts[-1], READ, dir_fd=trail.at(parts[:-1]))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BuildError(f"{shown(parts)} changed while it was being read")
    return descriptor

"""An archive's entries, written into a directory of a root filesystem (ADD) or a context's folder.

For the archive that directory is the root: names, links and hard links in it lead nowhere else.
Nothing is followed by the kernel; a path is resolved name by name, each time anew, as entries may
replace what earlier ones have made.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import IO

from rootbuild.errors import BuildError
from rootbuild.files.archive.entry import Entry
from rootbuild.files.archive.reader import Archive, opened
from rootbuild.files.attributes import Attributes
from rootbuild.files.create import create_file
from rootbuild.files.layover import Layover
from rootbuild.files.paths import Parts, native, shown
from rootbuild.files.remove import remove_tree
from rootbuild.files.rootfs import LINK_LIMIT, NewDirectory, Rootfs, make_directory

IMPLIED = NewDirectory()
"""How directories are made that an archive does not list: root's, also with --chown."""

_PATH_LIMIT = 4096
_GONE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))


class Unpacker:
    """Unpacks archives into a root filesystem. A context manager, for one instruction."""

    def __init__(self, rootfs: Rootfs, attributes: Attributes, over: Layover | None) -> None:
        self._rootfs = rootfs
        self._attributes = attributes
        self._over = over
        self._stack = ExitStack()

    def __enter__(self) -> Unpacker:
        self._trail = self._stack.enter_context(self._rootfs.trail())
        self._linked = self._stack.enter_context(self._rootfs.trail())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def unpack(self, archive: Archive, base: Parts) -> None:
        """Write all entries below the directory `base`, which is a real place.

        Devices and FIFOs are left out, as in BuildKit. BuildError for an entry that leads out of
        the directory, and for a damaged archive.
        """
        directories: dict[Parts, Entry] = {}
        for entry in archive.entries():
            name = _clean(entry.name)
            if entry.kind == "special" or not name:
                continue
            place = (*base, *self._resolve(base, name))
            if place == base:
                continue
            self._make_parents(base, place[:-1])
            self._make_way(place, directory=entry.kind == "directory")
            if entry.kind == "directory":
                self._directory(place)
                directories[place] = entry
            elif entry.kind == "file":
                self._file(archive, entry, place)
            elif entry.kind == "link":
                self._link(entry, place)
            else:
                self._hard_link(base, entry, place)
        for place, entry in directories.items():
            self._finish(place, entry)

    def _resolve(self, base: Parts, name: Parts) -> Parts:
        """Where a name is below the base: links are followed, but not the last name."""
        pending = deque(name)
        found: list[str] = []
        links = 0
        while pending:
            part = pending.popleft()
            if part == "..":
                if not found:
                    raise _outside(name)
                found.pop()
            elif part not in ("", "."):
                target = self._target((*base, *found, part)) if pending else None
                if target is None:
                    found.append(part)
                    continue
                links += 1
                if links > LINK_LIMIT:
                    raise BuildError(f"too many links on the way to {shown(name)} of the archive")
                if target.startswith("/"):
                    found.clear()
                pending.extendleft(reversed(target.split("/")))
        return tuple(found)

    def _target(self, place: Parts) -> str | None:
        """What a link says; None for anything else, and for what is not there."""
        if self._over is not None and not self._over.made(place):
            return None
        try:
            return os.readlink(place[-1], dir_fd=self._trail.at(place[:-1]))
        except OSError as error:
            if error.errno in (errno.EINVAL, *_GONE):
                return None
            raise

    def _make_parents(self, base: Parts, place: Parts) -> None:
        """The directories that an entry is in, if the archive does not list them first."""
        if self._over is not None:
            self._over.make_directories(place, self._attributes.implied(IMPLIED))
            return
        try:
            self._trail.at(place)
            return
        except FileNotFoundError:
            pass
        for depth in range(len(base) + 1, len(place) + 1):
            above = self._trail.at(place[: depth - 1])
            try:
                make_directory(above, place[depth - 1], self._attributes.implied(IMPLIED))
            except FileExistsError:
                continue

    def _make_way(self, place: Parts, *, directory: bool) -> None:
        """Remove what an entry replaces: all but a directory where there is to be one."""
        if self._over is not None:
            self._over.claim(place, directory=directory)
        above = self._trail.at(place[:-1])
        try:
            status = os.stat(place[-1], dir_fd=above, follow_symlinks=False)
        except FileNotFoundError:
            return
        if not stat.S_ISDIR(status.st_mode):
            os.unlink(place[-1], dir_fd=above)
        elif not directory:
            remove_tree(self._trail, place)
            self._linked.close()

    def _directory(self, place: Parts) -> None:
        """Its attributes follow at the end: making its entries would change or need them."""
        with suppress(FileExistsError):
            os.mkdir(place[-1], 0o700, dir_fd=self._trail.at(place[:-1]))

    def _file(self, archive: Archive, entry: Entry, place: Parts) -> None:
        with open(create_file(self._trail, place), "wb", buffering=0) as stream:
            if entry.size and entry.pieces != ((0, entry.size),):
                _make_sparse(stream, entry.size)
            for offset, data in archive.content(entry):
                _write(stream, offset, data)
            self._attributes.apply_entry(stream.fileno(), entry)

    def _link(self, entry: Entry, place: Parts) -> None:
        above = self._trail.at(place[:-1])
        os.symlink(native(entry.target), place[-1], dir_fd=above)
        self._attributes.apply_entry_at(above, place[-1], entry, link=True)

    def _hard_link(self, base: Parts, entry: Entry, place: Parts) -> None:
        name = _clean(entry.target)
        first = (*base, *self._resolve(base, name))
        if first == base:
            raise BuildError(f"{shown(place)} of the archive is a hard link to its root")
        if self._over is not None and not self._over.made(first):
            raise BuildError(f"{shown(place)} of the archive is a hard link to what is not there")
        above = self._trail.at(place[:-1])
        os.link(
            first[-1],
            place[-1],
            src_dir_fd=self._linked.at(first[:-1]),
            dst_dir_fd=above,
            follow_symlinks=False,
        )
        status = os.stat(place[-1], dir_fd=above, follow_symlinks=False)
        self._attributes.apply_entry_at(above, place[-1], entry, link=stat.S_ISLNK(status.st_mode))

    def _finish(self, place: Parts, entry: Entry) -> None:
        try:
            descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._trail.at(place))
        except OSError as error:
            if error.errno in _GONE:
                return  # a later entry has replaced it
            raise
        try:
            self._attributes.apply_entry(descriptor, entry)
        finally:
            os.close(descriptor)


def unpack(file: IO[bytes], unpacker: Unpacker, base: Callable[[], Parts]) -> bool:
    """Unpack a file that is open at its start, if it is an archive, into the place `base` gives.

    Raises BuildError for a damaged one, HostError without what is needed to decompress it.
    """
    with opened(file) as archive:
        if archive is not None:
            unpacker.unpack(archive, base())
        return archive is not None


def _clean(name: str) -> Parts:
    """The names of a path in an archive, cleaned; it begins at the archive's root."""
    if len(name) > _PATH_LIMIT:
        raise BuildError(f"a path in the archive has more than {_PATH_LIMIT} characters")
    parts: list[str] = []
    for part in native(name).split("/"):
        if part == "..":
            if not parts:
                raise _outside((name,))
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return tuple(parts)


def _outside(name: Parts) -> BuildError:
    return BuildError(
        f'archive path "{shown(name)[1:]}" is outside extraction root',
        hint="the archive is broken or hostile: look at it with `tar -tvf`",
    )


def _make_sparse(stream: IO[bytes], size: int) -> None:
    """Give a file its size in advance. What fits into no disk is refused before it is tried."""
    disk = os.fstatvfs(stream.fileno())
    if size > disk.f_bavail * disk.f_frsize:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.ftruncate(stream.fileno(), size)


def _write(stream: IO[bytes], offset: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        done = os.pwrite(stream.fileno(), rest, offset)
        offset += done
        rest = rest[done:]

"""Digests of selected files: the part of a cache key that COPY and ADD depend on."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple, Protocol

from rootbuild.errors import BuildError
from rootbuild.files.entries import NAMES, FileStatus, Node
from rootbuild.files.inventory import Inventory
from rootbuild.files.paths import Parts, join, shown
from rootbuild.files.rootfs import READ, Trail
from rootbuild.files.tree import Tree
from rootbuild.hashing import sha256

CAPABILITY = "security.capability"

RACY_NS = 2_000_000_000
"""How old a file's last change must be for its digest to be remembered.

The time stamps of a file that is changed twice within its filesystem's tick may be equal (ticks go
from 1 ms to the 2 s of FAT). So the digest of a file that was changed less than this before it was
read is never given to `DigestCache.put`; git calls such an entry racily clean. `ctime` decides, as
programs can set `mtime` back but not `ctime`.
"""

_FORMAT = b"rootbuild files 1\0"
_BUFFER = 1 << 20
_BATCH = 500
"""How many entries are looked up in a DigestCache at once."""

_ENTRY = b"5:entry,%d:%b,%d:%b,%d:%b,"


class StatKey(NamedTuple):
    """What tells a file's content from its earlier contents without reading it."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


Meter = Callable[[int], object]
"""Gets the number of bytes that were just read."""


class DigestCache(Protocol):
    """A memory of content digests, kept by the caller between builds.

    Values are opaque short strings. `put` is called only for what is safe to remember (RACY_NS),
    so an implementation needs no rule of its own. Of use for directories that stay where they are:
    a mounted image has a new device number each time.
    """

    def get(self, keys: Sequence[StatKey]) -> Sequence[str | None]:
        """For each key the value that was put under it, or nothing."""
        ...

    def put(self, key: StatKey, digest: str) -> None:
        """Remember a value."""
        ...


class SelectionDigest:
    """Collects entries into one digest, and into an inventory if one is wanted.

    The caller adds each source in turn. `meter` is told of bytes that are read.
    """

    def __init__(
        self,
        tree: Tree,
        known: DigestCache | None,
        *,
        owners: bool,
        inventory: Inventory | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._inventory = inventory
        self._content = _ContentDigests(tree, known, meter)
        self._owners = owners
        self._hash = sha256(_FORMAT)
        self._tree = tree
        self._seen: dict[tuple[int, int], bytes] = {}
        self._marks: dict[tuple[int, int, int], bytes] = {}

    def begin(self, name: str) -> None:
        """Start a source: a file of this base name, or a directory (`""`)."""
        self._seen.clear()
        text = os.fsencode(name)
        self._hash.update(b"6:source,%d:%b," % (len(text), text))

    def add(self, base: Parts, entries: Iterator[tuple[Parts, Node]]) -> None:
        """Add the entries of a source, whose directories are relative to `base` in the tree."""
        with self._tree.root.trail() as trail:
            while batch := tuple(islice(entries, _BATCH)):
                self._hash.update(b"".join(self._records(trail, base, batch)))

    def result(self) -> str:
        """The digest of all that was added, in hex."""
        return self._hash.hexdigest()

    def _records(
        self, trail: Trail, base: Parts, batch: Sequence[tuple[Parts, Node]]
    ) -> Iterator[bytes]:
        """Fields with their lengths, so that no two lists of fields look the same."""
        paths = _paths(batch)
        values = [self._value(path, node) for path, (_, node) in zip(paths, batch, strict=True)]
        unread = [entry for entry, value in zip(batch, values, strict=True) if value is None]
        contents = iter(self._content.of(trail, base, unread))
        for path, (where, node), found in zip(paths, batch, values, strict=True):
            mark = self._mark(node.status)
            value = next(contents).encode() if found is None else found
            if self._inventory is not None:
                found_at = join((*base, *where, node.name))
                self._inventory.add(found_at, mark.decode(), value, _size(node.status))
            yield _ENTRY % (len(path), path, len(mark), mark, len(value), value)

    def _mark(self, status: FileStatus) -> bytes:
        """Type, mode and owner."""
        asked = (status.st_mode, status.st_uid, status.st_gid)
        known = self._marks.get(asked)
        if known is None:
            kind = stat.S_IFMT(status.st_mode)
            mode = "" if kind == stat.S_IFLNK else f"{stat.S_IMODE(status.st_mode):o}"
            kind = stat.S_IFREG if kind == stat.S_IFSOCK else kind
            owner = f"{status.st_uid}:{status.st_gid}" if self._owners else ""
            known = self._marks[asked] = f"{kind:o} {mode} {owner}".encode()
        return known

    def _value(self, path: bytes, node: Node) -> bytes | None:
        """What an entry holds; None for a file whose content has to be looked at."""
        status = node.status
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFREG:
            return self._linked(path, status) if status.st_nlink > 1 else None
        if kind == stat.S_IFLNK:
            return os.fsencode(node.target)
        if kind in (stat.S_IFCHR, stat.S_IFBLK):
            return f"{status.st_rdev}".encode()
        return _EMPTY.encode() if kind == stat.S_IFSOCK else b""

    def _linked(self, path: bytes, status: FileStatus) -> bytes | None:
        first = self._seen.setdefault((status.st_dev, status.st_ino), path)
        return None if first is path else b"same file as " + first


_EMPTY = sha256().hexdigest()


class _ContentDigests:
    """Digests of single files, remembered where that is safe."""

    def __init__(self, tree: Tree, known: DigestCache | None, meter: Meter | None) -> None:
        self._tree = tree
        self._known = known
        self._meter = meter

    def of(self, trail: Trail, base: Parts, files: Sequence[tuple[Parts, Node]]) -> Iterator[str]:
        """The digests of regular files: of their contents and capabilities."""
        if self._known is None:
            for where, node in files:
                yield self._read(trail, (*base, *where), node.name)[1]
            return
        known = self._known.get([_key(node.status) for _, node in files])
        for (where, node), digest in zip(files, known, strict=True):
            if digest is None:
                started = time.time_ns()
                status, digest = self._read(trail, (*base, *where), node.name)
                if status.st_ctime_ns + RACY_NS < started:
                    self._known.put(_key(status), digest)
            yield digest

    def _read(self, trail: Trail, where: Parts, name: str) -> tuple[os.stat_result, str]:
        try:
            descriptor = os.open(name, READ, dir_fd=trail.at(where))
            try:
                return _digest(descriptor, (*where, name), self._meter)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._tree.unreadable(shown((*where, name)), error) from error


def _paths(entries: Iterable[tuple[Parts, Node]]) -> list[bytes]:
    """The paths of entries; those of one directory follow each other."""
    found = []
    last: Parts = ()
    prefix = b""
    for where, node in entries:
        if where is not last:
            last, prefix = where, os.fsencode(join(where) + "/" if where else "")
        found.append(prefix + node.name.encode(*NAMES))
    return found


def capability(descriptor: int) -> bytes:
    """The file capabilities of an open file, as the kernel shows them; empty if there are none."""
    with suppress(OSError):  # ENODATA, or a filesystem without extended attributes
        return os.getxattr(descriptor, CAPABILITY)
    return b""


def _size(status: FileStatus) -> int:
    """The bytes of a file; of anything else there are none."""
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _digest(
    descriptor: int, parts: Parts, meter: Meter | None = None
) -> tuple[os.stat_result, str]:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise BuildError(f"{shown(parts)} changed while it was being read")
    import hashlib

    content = hashlib.sha256()
    size = min(status.st_size + 1, _BUFFER)
    while data := os.read(descriptor, size):
        content.update(data)
        if meter is not None:
            meter(len(data))
    digest = content.hexdigest()
    capabilities = capability(descriptor)
    return status, f"{digest}+{capabilities.hex()}" if capabilities else digest


def _key(status: FileStatus) -> StatKey:
    return StatKey(
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )

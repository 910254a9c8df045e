"""Digests of selected files: the part of a cache key that COPY and ADD depend on."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple, Protocol

from rootbuild.errors import BuildError
from rootbuild.files.entries import Node
from rootbuild.files.paths import Parts, join, shown
from rootbuild.files.rootfs import READ, Trail
from rootbuild.files.tree import Tree

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


class StatKey(NamedTuple):
    """What tells a file's content from its earlier contents without reading it."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


class DigestCache(Protocol):
    """A memory of content digests, kept by the caller between builds.

    Values are opaque short strings. `put` is called only for what is safe to remember (RACY_NS),
    so an implementation needs no rule of its own. Of use for directories that stay where they are:
    a mounted image has a new device number each time.
    """

    def get(self, key: StatKey) -> str | None:
        """The value that was put under this key, or nothing."""
        ...

    def put(self, key: StatKey, digest: str) -> None:
        """Remember a value."""
        ...


class SelectionDigest:
    """Collects entries into one digest. The caller adds each source in turn."""

    def __init__(self, tree: Tree, known: DigestCache | None, *, owners: bool) -> None:
        self._content = _ContentDigests(tree, known)
        self._owners = owners
        self._hash = hashlib.sha256(_FORMAT)
        self._tree = tree
        self._seen: dict[tuple[int, int], bytes] = {}

    def begin(self, name: str) -> None:
        """Start a source: a file of this base name, or a directory (`""`)."""
        self._seen.clear()
        self._record(b"source", os.fsencode(name))

    def add(self, base: Parts, entries: Iterator[tuple[Parts, Node]]) -> None:
        """Add the entries of a source, whose directories are relative to `base` in the tree."""
        with self._tree.root.trail() as trail:
            for where, node in entries:
                path = os.fsencode(join((*where, node.name))) if where else os.fsencode(node.name)
                self._add(path, trail, (*base, *where), node)

    def result(self) -> str:
        """The digest of all that was added, in hex."""
        return self._hash.hexdigest()

    def _add(self, path: bytes, trail: Trail, where: Parts, node: Node) -> None:
        status = node.status
        owner = f"{status.st_uid}:{status.st_gid}" if self._owners else ""
        kind = stat.S_IFMT(status.st_mode)
        mode = "" if kind == stat.S_IFLNK else f"{stat.S_IMODE(status.st_mode):o}"
        value = self._linked(path, status) if kind == stat.S_IFREG else b""
        if not value:
            value = self._value(kind, trail, where, node)
        kind = stat.S_IFREG if kind == stat.S_IFSOCK else kind
        self._record(b"entry", path, f"{kind:o} {mode} {owner}".encode(), value)

    def _linked(self, path: bytes, status: os.stat_result) -> bytes:
        if status.st_nlink == 1:
            return b""
        first = self._seen.setdefault((status.st_dev, status.st_ino), path)
        return b"" if first is path else b"same file as " + first

    def _value(self, kind: int, trail: Trail, where: Parts, node: Node) -> bytes:
        if kind == stat.S_IFREG:
            return self._content.of(trail, where, node).encode()
        if kind == stat.S_IFLNK:
            return os.fsencode(node.target)
        if kind in (stat.S_IFCHR, stat.S_IFBLK):
            return f"{node.status.st_rdev}".encode()
        return _EMPTY.encode() if kind == stat.S_IFSOCK else b""

    def _record(self, *fields: bytes) -> None:
        """Fields with their lengths, so that no two lists of fields look the same."""
        self._hash.update(b"".join(b"%d:%b," % (len(field), field) for field in fields))


_EMPTY = hashlib.sha256().hexdigest()


class _ContentDigests:
    """Digests of single files, remembered where that is safe."""

    def __init__(self, tree: Tree, known: DigestCache | None) -> None:
        self._tree = tree
        self._known = known

    def of(self, trail: Trail, where: Parts, node: Node) -> str:
        """The digest of a regular file's content and capabilities."""
        if self._known is None:
            return self._read(trail, where, node.name)[1]
        digest = self._known.get(_key(node.status))
        if digest is None:
            started = time.time_ns()
            status, digest = self._read(trail, where, node.name)
            if status.st_ctime_ns + RACY_NS < started:
                self._known.put(_key(status), digest)
        return digest

    def _read(self, trail: Trail, where: Parts, name: str) -> tuple[os.stat_result, str]:
        try:
            descriptor = os.open(name, READ, dir_fd=trail.at(where))
            try:
                return _digest(descriptor, (*where, name))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._tree.unreadable(shown((*where, name)), error) from error


def capability(descriptor: int) -> bytes:
    """The file capabilities of an open file, as the kernel shows them; empty if there are none."""
    with suppress(OSError):  # ENODATA, or a filesystem without extended attributes
        return os.getxattr(descriptor, CAPABILITY)
    return b""


def _digest(descriptor: int, parts: Parts) -> tuple[os.stat_result, str]:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise BuildError(f"{shown(parts)} changed while it was being read")
    content = hashlib.sha256()
    size = min(status.st_size + 1, _BUFFER)
    while data := os.read(descriptor, size):
        content.update(data)
    digest = content.hexdigest()
    capabilities = capability(descriptor)
    return status, f"{digest}+{capabilities.hex()}" if capabilities else digest


def _key(status: os.stat_result) -> StatKey:
    return StatKey(
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )

"""The selected part of a tree, read once: names, kinds, attributes; no content."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import NamedTuple

from rootbuild.files.paths import Parts, join, shown
from rootbuild.files.rootfs import Trail
from rootbuild.files.tree import Tree

NAMES = (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
"""How names become bytes: what `os.fsencode` does, which takes twice as long."""


class Status(NamedTuple):
    """What of `os.stat_result` matters here: that takes twice the memory for each file."""

    st_mode: int
    st_uid: int
    st_gid: int
    st_nlink: int
    st_dev: int
    st_ino: int
    st_rdev: int
    st_size: int
    st_atime_ns: int
    st_mtime_ns: int
    st_ctime_ns: int


FileStatus = os.stat_result | Status


_NO_CHILDREN: Mapping[str, Node] = MappingProxyType({})


class Node:
    """A file, link or directory. `target` is where a link points; `children` are in byte order.

    There may be a hundred thousand of them, so it is no record: those are slower to make.
    """

    __slots__ = ("children", "name", "status", "target")

    def __init__(
        self,
        name: str,
        status: FileStatus,
        target: str = "",
        children: Mapping[str, Node] = _NO_CHILDREN,
    ) -> None:
        self.name = name
        self.status = status
        self.target = target
        self.children = children

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return stat.S_ISDIR(self.status.st_mode)


def descend(node: Node) -> Iterator[tuple[Parts, Node]]:
    """All nodes below a directory, each after its own directory: (path of that directory, node)."""
    pending: list[tuple[Parts, Iterator[Node]]] = [((), iter(node.children.values()))]
    while pending:
        where, rest = pending[-1]
        child = next(rest, None)
        if child is None:
            pending.pop()
            continue
        yield where, child
        if child.children:
            pending.append(((*where, child.name), iter(child.children.values())))


def read_entries(tree: Tree, parts: Parts, status: os.stat_result) -> Node:
    """What a tree shows at a place that is known to be there, with everything below.

    Hidden directories are entered only where something below may be visible; one that shows
    nothing is left out itself.
    """
    with tree.root.trail() as trail:
        return _Reader(tree, trail).read(parts, status)


class _Reader:
    def __init__(self, tree: Tree, trail: Trail) -> None:
        self._tree = tree
        self._whole = tree.whole
        self._trail = trail
        self._doubtful: list[tuple[dict[str, Node], Node]] = []
        self._common: dict[int, int] = {}

    def read(self, parts: Parts, status: os.stat_result) -> Node:
        top = Node(parts[-1] if parts else "", status)
        pending = [(parts, top)] if top.is_directory else []
        while pending:
            where, directory = pending.pop()
            self._list(where, directory)
            pending.extend(
                ((*where, child.name), child)
                for child in reversed(tuple(directory.children.values()))
                if child.is_directory
            )
        for above, node in reversed(self._doubtful):
            if not node.children:
                del above[node.name]
        return top

    def _list(self, where: Parts, directory: Node) -> None:
        prefix = join(where) + "/" if where else ""
        children: dict[str, Node] = {}
        directory.children = children
        try:
            with listing(self._trail.at(where)) as (descriptor, found):
                for entry in found:
                    self._take(prefix, descriptor, entry, children)
        except OSError as error:
            raise self._tree.unreadable(shown(where), error) from error

    def _take(
        self, prefix: str, descriptor: int, entry: os.DirEntry[str], children: dict[str, Node]
    ) -> None:
        ignored = not self._whole and self._tree.ignored(prefix + entry.name)
        if ignored and not self._tree.may_hold_included(prefix + entry.name):
            return
        try:
            status = entry.stat(follow_symlinks=False)
            if ignored and not stat.S_ISDIR(status.st_mode):
                return
            node = Node(entry.name, self._short(status))
            if stat.S_ISLNK(status.st_mode):
                node.target = os.readlink(entry.name, dir_fd=descriptor)
        except FileNotFoundError:
            return  # it went away since the directory was listed: as if it had never been there
        children[entry.name] = node
        if ignored:
            self._doubtful.append((children, node))

    def _short(self, status: os.stat_result) -> Status:
        common = self._common  # numbers that are the same for many files are kept once
        mode, device = status.st_mode, status.st_dev
        return Status(
            common.setdefault(mode, mode),
            common.setdefault(status.st_uid, status.st_uid),
            common.setdefault(status.st_gid, status.st_gid),
            status.st_nlink,
            common.setdefault(device, device),
            status.st_ino,
            status.st_rdev,
            status.st_size,
            status.st_atime_ns,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )


@contextmanager
def listing(directory: int) -> Iterator[tuple[int, list[os.DirEntry[str]]]]:
    """What a directory holds, in byte order, on a descriptor that (unlike O_PATH) can list it."""
    descriptor = os.open(
        ".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory
    )
    try:
        with os.scandir(descriptor) as found:
            entries = sorted(found, key=_byte_order)
        yield descriptor, entries
    finally:
        os.close(descriptor)


def _byte_order(entry: os.DirEntry[str]) -> bytes:
    return entry.name.encode(*NAMES)

"""All that is in a filesystem that nobody changes meanwhile, always in the same order."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """An entry: its path in the filesystem (no slash in front) and on the host, its attributes.

    `target` is where a symbolic link leads, or the entry that it is a further name of, if `linked`.
    """

    name: bytes
    path: bytes
    status: os.stat_result
    target: bytes = b""
    linked: bool = False

    @property
    def kind(self) -> int:
        """The bits of its mode that say what it is."""
        return stat.S_IFMT(self.status.st_mode)


def walk(root: bytes) -> Iterator[Found]:
    """All entries but the root, a folder before what is in it, else by name. No sockets."""
    links: dict[tuple[int, int], bytes] = {}
    pending = [_listed(root, b"")]
    while pending:
        found = next(pending[-1], None)
        if found is None:
            pending.pop()
            continue
        name, path, status = found
        if stat.S_ISDIR(status.st_mode):
            yield Found(name, path, status)
            pending.append(_listed(path, name))
        elif not stat.S_ISSOCK(status.st_mode):
            yield _leaf(name, path, status, links)


def _leaf(
    name: bytes, path: bytes, status: os.stat_result, links: dict[tuple[int, int], bytes]
) -> Found:
    if status.st_nlink > 1:
        first = links.setdefault((status.st_dev, status.st_ino), name)
        if first != name:
            return Found(name, path, status, first, linked=True)
    target = os.readlink(path) if stat.S_ISLNK(status.st_mode) else b""
    return Found(name, path, status, target)


def _listed(path: bytes, name: bytes) -> Iterator[tuple[bytes, bytes, os.stat_result]]:
    with os.scandir(path) as entries:
        found = sorted((entry.name, entry.stat(follow_symlinks=False)) for entry in entries)
    for each, status in found:
        yield os.path.join(name, each), os.path.join(path, each), status

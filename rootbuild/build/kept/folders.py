"""What is kept in folders: cache mounts, and what was fetched."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from rootbuild.build.kept.entry import Entry, Kind
from rootbuild.records import dataclass
from rootbuild.remote import locks
from rootbuild.remote.noted import noted


@dataclass(frozen=True, slots=True)
class Shelf:
    """Entries of one kind, a folder each, in a folder of that `name`.

    Who uses an entry holds one of the `locks` in it, or something in one; "" is the entry itself.
    """

    kind: Kind
    name: str
    locks: tuple[str, ...] = ("",)

    def entries(self, cache: Path) -> list[Entry]:
        """All of them, below the cache folder."""
        found = []
        for path in locks.entries(cache / self.name):
            with contextlib.suppress(FileNotFoundError):  # somebody else removes it
                found.append(self._entry(path))
        return found

    def remove(self, cache: Path, identity: str) -> None:
        """Remove one, unless it is in use."""
        path = cache / self.name / identity
        locks.discard(path, self._locks(path))

    def _entry(self, path: Path) -> Entry:
        use = locks.busy(self._locks(path))
        used = path.stat().st_mtime
        parts = ((path.name, _size(path)),)
        return Entry(path.name, self.kind, used, _about(path), parts, use=use)

    def _locks(self, path: Path) -> Sequence[Path]:
        return [path / name if name else path for name in self.locks]


SHELVES = (
    Shelf("exec.cachemount", "mounts"),
    Shelf("source.git.checkout", "git", ("trees", "repository")),
    Shelf("source.http", "downloads"),
)


def _about(path: Path) -> str:
    """What people call it."""
    found = noted(path)
    identity, target = found.get("id", "").lstrip("/"), found.get("target", "")
    if not target:
        return found.get("url", "")
    return target if identity == target.lstrip("/") else f"{target} (id {identity})"


def _size(folder: Path) -> int:
    """The bytes of all that is in it, as far as we may look; a file with two names counts once."""
    found = 0
    seen: set[tuple[int, int]] = set()
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(os.path.join(parent, name))
            except OSError:
                continue  # it is gone meanwhile
            if status.st_nlink > 1:
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
            found += status.st_size
    return found

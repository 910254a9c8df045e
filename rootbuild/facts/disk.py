"""Room on the filesystems that builds write to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rootbuild.records import dataclass

FEW_BYTES = 16 * 1024 * 1024
FEW_INODES = 64


@dataclass(frozen=True, slots=True)
class Room:
    """What we may still write on the filesystem of a folder; `inodes` is -1 without a limit."""

    folder: Path
    bytes: int
    inodes: int
    device: int = 0

    @property
    def full(self) -> bool:
        """Whether there is (next to) no room left."""
        return self.bytes < FEW_BYTES or 0 <= self.inodes < FEW_INODES


def look(folder: Path) -> Room | None:
    """The room for a folder, which need not exist yet; None if we may not know."""
    try:
        place = _existing(folder)
        found, device = os.statvfs(place), os.stat(place).st_dev
    except OSError:
        return None
    # Filesystems without a fixed number of inodes (btrfs) say that they have none at all.
    inodes = found.f_favail if found.f_files else -1
    return Room(folder, found.f_bavail * found.f_frsize, inodes, device)


def full(folders: Iterable[Path]) -> Path | None:
    """The first of the folders whose filesystem has no room left."""
    for folder in folders:
        room = look(folder)
        if room is not None and room.full:
            return folder
    return None


def _existing(folder: Path) -> Path:
    while not os.path.exists(folder):
        folder = folder.parent
    return folder

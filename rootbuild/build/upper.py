"""What is in a mounted container's own layer, where its mount says where that is."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
BLOCK = 512
"""The unit of `st_blocks`, whatever the filesystem's own is."""


def changed_bytes(rootfs: Path) -> int | None:
    """The size on disk of all that differs from the image; None but for the kernel's overlay.

    Unlike the difference in free room, this tells nothing of what others have written meanwhile.
    """
    folder = upper_folder(MOUNTS.read_text(errors="surrogateescape"), rootfs)
    return None if folder is None or not folder.is_dir() else _size(folder)


def has_hard_links(rootfs: Path) -> bool:
    """Whether a file that differs from the image has several names; False where nobody can say.

    Marks of removed entries do not count, though the kernel makes them links to one another.
    """
    folder = upper_folder(MOUNTS.read_text(errors="surrogateescape"), rootfs)
    if folder is None or not folder.is_dir():
        return False
    return any(one.st_nlink > 1 and not stat.S_ISCHR(one.st_mode) for one in _files(folder))


def upper_folder(mounts: str, rootfs: Path) -> Path | None:
    """Where the overlay that is mounted at `rootfs` keeps what is written to it.

    `mounts` is what proc(5) calls mountinfo; of several mounts the last one is on top.
    """
    found = None
    for line in mounts.splitlines():
        fields, _, described = line.partition(" - ")
        if Path(_plain(fields.split(" ")[4])) == rootfs:
            kind, _, options = described.split(" ", 2)
            upper = [one for one in options.split(",") if one.startswith("upperdir=")]
            found = _plain(upper[0].partition("=")[2]) if kind == "overlay" and upper else None
    return None if found is None else Path(found)


def _plain(text: str) -> str:
    """Without the kernel's escapes, such as `\\040` for a space."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def _size(folder: Path) -> int:
    total, seen = 0, set()
    for status in _files(folder):
        if status.st_nlink == 1:
            total += status.st_blocks * BLOCK
        elif status.st_ino not in seen:
            seen.add(status.st_ino)
            total += status.st_blocks * BLOCK
    return total


def _files(folder: Path) -> Iterator[os.stat_result]:
    """All that is no folder."""
    left = [str(folder)]
    while left:
        with os.scandir(left.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)
                else:
                    yield entry.stat(follow_symlinks=False)

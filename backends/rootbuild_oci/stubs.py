"""Mount points that a runtime makes in a root filesystem, and their removal afterwards.

To mount something on a path that does not exist, a runtime makes an empty file or folder there.
We look before the step what is missing and take it away after it. Nothing else runs in the root
filesystem at those two moments, so a plain walk is safe; it never leaves the root, whatever
symbolic links the image holds.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

MOST_LINKS = 40


def resolve(root: Path, path: str) -> tuple[Path, ...]:
    """The places that `path` leads through in `root`, from the top down, links followed.

    Each is a host path below `root` with no symbolic link in it; the last is where `path` ends.
    Missing parts are taken as they are written.
    """
    todo = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    trail: list[str] = []
    links = 0
    while todo:
        part = todo.pop()
        if part == "..":
            trail = trail[:-1]
            continue
        here = root.joinpath(*trail, part)
        if not here.is_symlink() or links >= MOST_LINKS:
            trail.append(part)
            continue
        links += 1
        target = os.readlink(here)
        if target.startswith("/"):
            trail = []
        todo.extend(step for step in reversed(target.split("/")) if step not in ("", "."))
    return tuple(root.joinpath(*trail[: count + 1]) for count in range(len(trail)))


@contextlib.contextmanager
def removed_afterwards(root: Path, targets: Sequence[str]) -> Iterator[None]:
    """Take away, after the block, what did not exist before it at or above `targets`.

    Only what is still empty goes; folders that lose an entry keep their times.
    """
    missing = _missing(root, targets)
    times = _times({place.parent for place in missing} - set(missing))
    try:
        yield
    finally:
        gone = [place for place in reversed(missing) if _remove(place)]
        for folder in {place.parent for place in gone} & set(times):
            os.utime(folder, ns=times[folder])


def _missing(root: Path, targets: Sequence[str]) -> list[Path]:
    """What is missing, parents before their children."""
    missing: list[Path] = []
    for target in targets:
        missing += [
            place
            for place in resolve(root, target)
            if not os.path.lexists(place) and place not in missing
        ]
    return missing


def _times(folders: set[Path]) -> dict[Path, tuple[int, int]]:
    return {
        folder: (found.st_atime_ns, found.st_mtime_ns)
        for folder in folders
        for found in (os.lstat(folder),)
    }


def _remove(place: Path) -> bool:
    try:
        found = os.lstat(place)
        if stat.S_ISDIR(found.st_mode):
            os.rmdir(place)
        elif stat.S_ISREG(found.st_mode) and found.st_size == 0:
            os.unlink(place)
        else:
            return False
    except OSError as error:
        # Gone already, or a folder that has got content and is the step's own by now.
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    return True

"""SOURCE_DATE_EPOCH: what a step makes bears that date, and what was there before keeps its own.

Without this, the directories that a step adds something to would tell when it ran.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rootbuild.files.paths import Parts, split
from rootbuild.files.rootfs import Place, Rootfs

NANOSECONDS = 10**9

Times = tuple[int, int]


@contextmanager
def dated(
    rootfs: Rootfs, path: str, created: int | None, *, linked: bool = False
) -> Iterator[None]:
    """Date the directories on the way to an absolute path, when the block has made what it makes.

    `created` is in seconds; None does nothing. Those that were there keep their times. All but the
    root count as made if `linked`, as --link knows nothing of what is below.
    """
    if created is None:
        yield
        return
    before = _on_the_way(rootfs, () if linked else split(path))
    yield
    for place in _on_the_way(rootfs, split(path)):
        with rootfs.trail() as trail:
            times = before.get(place, stamp(created))
            os.utime(f"/proc/self/fd/{trail.at(place)}", ns=times)


def stamp(created: int) -> Times:
    """Access and modification time, as the kernel wants them."""
    return (created * NANOSECONDS, created * NANOSECONDS)


def _on_the_way(rootfs: Rootfs, path: Parts) -> dict[Parts, Times]:
    """The directories that a path goes through, links followed, with their times."""
    found: dict[Parts, Times] = {}
    for depth in range(len(path) + 1):
        place = _resolved(rootfs, path[:depth])
        if place is None:
            break
        parts = place.parts if place.is_directory else place.parts[:-1]
        with rootfs.trail() as trail:
            for length in range(len(parts) + 1):
                status = os.stat(trail.at(parts[:length]))
                found.setdefault(parts[:length], (status.st_atime_ns, status.st_mtime_ns))
    return found


def _resolved(rootfs: Rootfs, path: Parts) -> Place | None:
    try:
        return rootfs.resolve(path)
    except OSError:
        return None

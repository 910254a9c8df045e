"""Reading an image's small files and folders, whatever they really are."""

from __future__ import annotations

from rootbuild.files.entries import listing
from rootbuild.files.rootfs import Rootfs

SIZE_LIMIT = 256 << 20
"""Of a package database: in bytes, far above what real ones have."""

SMALL = 4 << 20
"""Of what tells of a single package, in bytes."""


def read_text(rootfs: Rootfs, path: str, limit: int) -> str | None:
    """A regular file as text; None if there is none that can be read.

    Raises BuildError above `limit`.
    """
    try:
        content = rootfs.read_file(path, limit)
    except OSError:
        return None
    return None if content is None else content.decode("utf-8", "replace")


def names_in(rootfs: Rootfs, path: str) -> list[str]:
    """What a folder holds, in order; nothing if there is no such folder."""
    try:
        place = rootfs.resolve(path)
        with rootfs.trail() as trail:
            if not place.is_directory:
                return []
            with listing(trail.at(place.parts)) as (_, entries):
                return [entry.name for entry in entries]
    except OSError:
        return []

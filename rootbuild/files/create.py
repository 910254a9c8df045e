"""New files in a root filesystem, in place of what has their names."""

from __future__ import annotations

import os

from rootbuild.errors import BuildError
from rootbuild.files.paths import Parts, shown
from rootbuild.files.rootfs import Trail

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def create_file(trail: Trail, place: Parts) -> int:
    """A new, empty file, open for writing and so far only for its owner.

    Its directory is known to exist. BuildError when a directory has its name.
    """
    above = trail.at(place[:-1])
    try:
        return os.open(place[-1], _CREATE, 0o600, dir_fd=above)
    except FileExistsError:
        clear(above, place)
        return os.open(place[-1], _CREATE, 0o600, dir_fd=above)


def clear(above: int, place: Parts) -> None:
    """Make way for a new entry in an open directory; a link is removed, not followed."""
    try:
        os.unlink(place[-1], dir_fd=above)
    except FileNotFoundError:
        pass
    except IsADirectoryError as error:
        raise BuildError(
            f"cannot replace to directory {shown(place)} with file",
            hint="remove the directory in an earlier step, or copy into it",
        ) from error

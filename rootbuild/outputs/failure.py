"""Exports that cannot be written, as messages for people."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rootbuild.errors import HostError

_HINTS = {
    errno.ENOENT: "make the folder first: mkdir -p {}",
    errno.EACCES: "choose a folder that you may write to, or see `ls -ld {}`",
    errno.EROFS: "choose another folder: what is mounted at {} cannot be written",
}


@contextmanager
def written(dest: Path | None) -> Iterator[None]:
    """Turn an OSError of the block into an error about writing to `dest` (None: stdout)."""
    try:
        yield
    except OSError as error:
        raise unwritable(dest, error) from error


def check_place(dest: Path, *, folder: bool = False) -> None:
    """Say before a build what would keep its result from being written. Raises HostError.

    A `folder` is made with all above it; the one of a file has to be there.
    """
    real = Path(os.path.realpath(dest))
    place = real if folder else real.parent
    if not folder and os.path.exists(real) and not os.path.isfile(real):
        place = real  # such as /dev/null or a pipe
    while folder and not os.path.exists(place) and place != place.parent:
        place = place.parent
    if not os.path.exists(place):
        raise unwritable(dest, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
    if not os.access(place, os.W_OK | (os.X_OK if os.path.isdir(place) else 0)):
        raise unwritable(dest, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def unwritable(dest: Path | None, error: OSError) -> HostError:
    """The error for an export that could not be written."""
    shown = "standard output" if dest is None else str(dest)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = "" if dest is None else f" that holds {dest.parent}"
        return HostError(
            f"no space left: cannot write to {shown}",
            id="no-space",
            hint=f"make room on the filesystem{where}; nothing of the export was left there",
        )
    reason = error.strerror or str(error)
    hint = _HINTS.get(error.errno or 0, "").format("" if dest is None else dest.parent)
    return HostError(f"cannot write to {shown}: {reason}", id="output", hint=hint)

"""How many records are kept: the oldest go when there are too many, or too large ones."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from rootbuild.errors import HostError

MOST_RECORDS = 300
MOST_BYTES = 64 << 20
SLACK = 20
"""How many records more than allowed there may be until they are looked at."""

_SUFFIX = ".build"


def prune(folder: Path, *, records: int = MOST_RECORDS, total: int = MOST_BYTES) -> None:
    """Remove the oldest records until there are no more, and no more bytes, than allowed.

    Those of builds that run are left alone. Nothing is a reason to fail.
    """
    names = sorted(record_names(folder), reverse=True)
    kept = 0
    for place, name in enumerate(names):
        path = folder / name
        with contextlib.suppress(OSError):
            kept += path.stat().st_size
            if place < records and kept <= total:
                continue
            with path.open("rb") as file:
                if not held(file.fileno()):
                    path.unlink()


def crowded(folder: Path) -> bool:
    """Whether there are clearly too many; cheap, for builds that have done nothing."""
    with contextlib.suppress(OSError):
        return len(os.listdir(folder)) > MOST_RECORDS + SLACK
    return False


def record_names(folder: Path) -> list[str]:
    """The names of all records' files. Raises HostError."""
    try:
        return [name for name in os.listdir(folder) if name.endswith(_SUFFIX)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise HostError(
            f"cannot read the records of builds in {folder}: {error.strerror}", id="state-folder"
        ) from error


def held(descriptor: int) -> bool:
    """Whether somebody else holds the lock, that is, whether the build runs."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False

"""`type=local`: the files of the result in a folder of this host. All belongs to the user then."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from rootbuild.files.dated import stamp
from rootbuild.files.rootfs import READ
from rootbuild.outputs.sink import FileSink, became_shorter
from rootbuild.outputs.walk import Found, walk

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def copy_files(root: Path, target: Path, date: int | None) -> tuple[int, int]:
    """Copy what is below a root into an empty folder; how many bytes that were, and what was not.

    Modes and times are kept; `date` (seconds) is what all gets instead of its own. Devices, which
    only the host's root may make, are left out and counted. Raises OSError.
    """
    base = os.fsencode(target)
    folders: list[tuple[bytes, os.stat_result]] = []
    size = left_out = 0
    for found in walk(os.fsencode(root)):
        place = os.path.join(base, found.name)
        if found.kind == stat.S_IFDIR:
            os.mkdir(place, 0o700)
            folders.append((place, found.status))
        elif found.linked:
            _link(os.path.join(base, found.target), place)
        elif found.kind in (stat.S_IFCHR, stat.S_IFBLK):
            left_out += 1
        else:
            size += _copy(found, place, date)
    for place, status in reversed(folders):  # what is made in a folder changes its time
        os.chmod(place, stat.S_IMODE(status.st_mode))
        os.utime(place, ns=_times(status, date))
    return size, left_out


def _link(first: bytes, place: bytes) -> None:
    if os.path.lexists(first):  # not the further name of a device
        os.link(first, place, follow_symlinks=False)


def _copy(found: Found, place: bytes, date: int | None) -> int:
    times = _times(found.status, date)
    if found.kind == stat.S_IFLNK:
        os.symlink(found.target, place)
        os.utime(place, ns=times, follow_symlinks=False)
        return 0
    if found.kind == stat.S_IFIFO:
        os.mkfifo(place)
        os.chmod(place, stat.S_IMODE(found.status.st_mode))
        os.utime(place, ns=times)
        return 0
    size = found.status.st_size
    source = os.open(found.path, READ)
    try:
        target = os.open(place, _NEW, 0o600)
        try:
            if os.fstat(source).st_size != size:
                raise became_shorter()
            sink = FileSink(target)
            sink.copy(source, size)
            sink.flush()
            os.fchmod(target, stat.S_IMODE(found.status.st_mode))
            os.utime(target, ns=times)
        finally:
            os.close(target)
    finally:
        os.close(source)
    return size


def _times(status: os.stat_result, date: int | None) -> tuple[int, int]:
    return (status.st_mtime_ns, status.st_mtime_ns) if date is None else stamp(date)

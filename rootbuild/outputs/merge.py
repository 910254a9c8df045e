"""Moving the content of one folder into another, by renaming; no link of the target is followed."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from rootbuild.files.remove import remove_tree
from rootbuild.files.rootfs import Trail

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def merge(source: Path, target: Path, *, delete: bool) -> None:
    """Move everything; what is in the way is replaced, folders are put together.

    With `delete` what is in the target and not in the source is removed, but for the source itself,
    which may lie in the target. Raises OSError.
    """
    with _opened(str(source)) as below, _opened(str(target)) as above:
        kept = {source.name} if source.parent == target else set()
        _merge(below, above, kept, delete=delete)


def _merge(source: int, target: int, kept: Collection[str], *, delete: bool) -> None:
    names = os.listdir(source)
    if delete:
        for name in set(os.listdir(target)) - set(names) - set(kept):
            _remove(name, target)
    for name in names:
        status = os.stat(name, dir_fd=source, follow_symlinks=False)
        there = _status(name, target)
        if stat.S_ISDIR(status.st_mode) and there is not None and stat.S_ISDIR(there.st_mode):
            with _opened(name, source) as below, _opened(name, target) as above:
                _merge(below, above, (), delete=delete)
                os.fchmod(above, stat.S_IMODE(status.st_mode))
                os.utime(above, ns=(status.st_atime_ns, status.st_mtime_ns))
            continue
        if there is not None and stat.S_ISDIR(there.st_mode) != stat.S_ISDIR(status.st_mode):
            _remove(name, target)
        _rename(name, source, target, status)


def _rename(name: str, source: int, target: int, status: os.stat_result) -> None:
    try:
        os.rename(name, name, src_dir_fd=source, dst_dir_fd=target)
    except OSError:
        if not stat.S_ISDIR(status.st_mode) or not _is_folder(name, target):
            raise
        # Somebody else has made that folder a moment ago.
        with _opened(name, source) as below, _opened(name, target) as above:
            _merge(below, above, (), delete=False)


def _remove(name: str, folder: int) -> None:
    status = _status(name, folder)
    if status is None:
        return
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(status.st_mode):
            remove_tree(Trail(folder), (name,))
        else:
            os.unlink(name, dir_fd=folder)


def _is_folder(name: str, folder: int) -> bool:
    status = _status(name, folder)
    return status is not None and stat.S_ISDIR(status.st_mode)


def _status(name: str, folder: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def _opened(name: str, folder: int | None = None) -> Iterator[int]:
    descriptor = os.open(name, _FOLDER, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)

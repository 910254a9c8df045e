"""Content from one open file to another, inside the kernel where that is possible."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

from rootbuild.files.digest import Meter

_CHUNK = 128 << 20
"""Bytes per call: the kernel cannot be interrupted within one."""

_UNSUPPORTED = frozenset(
    (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.ETXTBSY)
)
_BLOCK = 512


class ContentCopier:
    """Copies contents, and remembers which kind of call works between these two filesystems.

    `meter` is told how much is copied.
    """

    def __init__(self, meter: Meter | None = None) -> None:
        self._meter = meter
        self._ranges = True
        self._sendfile = True

    def copy(self, source: int, target: int, status: os.stat_result) -> None:
        """Copy all of `source`, whose fstat is `status`, into the empty file `target`.

        Holes stay holes. What is added to the source meanwhile is left out.
        """
        size = status.st_size
        if size == 0:
            return
        if status.st_blocks * _BLOCK < size:
            for start, end in _extents(source, size):
                self._copy_range(source, target, start, end)
            os.ftruncate(target, size)
        else:
            self._copy_range(source, target, 0, size)

    def _copy_range(self, source: int, target: int, start: int, end: int) -> None:
        while start < end:
            done = self._copy_some(source, target, start, min(end - start, _CHUNK))
            if done == 0:
                return
            start += done
            if self._meter is not None:
                self._meter(done)

    def _copy_some(self, source: int, target: int, offset: int, count: int) -> int:
        if self._ranges:
            try:
                done = os.copy_file_range(source, target, count, offset, offset)
            except OSError as error:
                if error.errno not in _UNSUPPORTED:
                    raise
                done = 0
            if done:
                return done
            self._ranges = False  # some filesystems say 0 instead of refusing
        if self._sendfile:
            try:
                os.lseek(target, offset, os.SEEK_SET)
                return os.sendfile(target, source, offset, count)
            except OSError as error:
                if error.errno not in _UNSUPPORTED:
                    raise
                self._sendfile = False
        return os.pwrite(target, os.pread(source, min(count, 1 << 20), offset), offset)


def _extents(source: int, size: int) -> Iterator[tuple[int, int]]:
    """Where a file holds data: (start, end). All of it where the filesystem cannot tell."""
    start = 0
    while start < size:
        try:
            start = os.lseek(source, start, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        end = min(os.lseek(source, start, os.SEEK_HOLE), size)
        yield start, end
        start = end

"""A stream that only goes forward, in the shape that tarfile wants."""

from __future__ import annotations

import re

from rootbuild.files.archive.compression import Readable

HEADER_LIMIT = 1 << 20
"""How much one entry's headers may take (bytes): names, extended attributes, maps of holes."""

_CHUNK = 1 << 16
_LARGE = 512

# tarfile looks for a number in large headers in a way that takes quadratic time on long ones.
_LONG_NUMBER = re.compile(rb"[0-9]{257}")


class HeaderSizeError(Exception):
    """An entry's headers are larger than any honest ones."""


class ForwardStream:
    """Counts what is read. While headers are read, what may be kept in memory is limited."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._position = 0
        self._left = HEADER_LIMIT

    def header(self) -> None:
        """Begin to read the headers of one entry."""
        self._left = HEADER_LIMIT

    def tell(self) -> int:
        """How many bytes were read or skipped."""
        return self._position

    def read(self, size: int) -> bytes:
        """Exactly that much of a header, or less at the end."""
        if size > self._left:
            raise HeaderSizeError
        self._left -= size
        parts = []
        while size > 0 and (data := self.some(size)):
            parts.append(data)
            size -= len(data)
        data = b"".join(parts)
        if len(data) > _LARGE and _LONG_NUMBER.search(data):
            raise HeaderSizeError
        return data

    def some(self, size: int) -> bytes:
        """A piece of content, at most that long; nothing at the end."""
        data = self._source.read(min(size, _CHUNK))
        self._position += len(data)
        return data

    def seek(self, position: int) -> None:
        """Skip what is in front of a position, or stop at the end. There is no way back."""
        if position < self._position:
            raise ValueError("archives are read forwards")
        while self._position < position and self.some(position - self._position):
            pass

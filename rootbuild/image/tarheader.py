"""Headers of tar archives: POSIX ustar, with a pax header for what does not fit into one.

Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header". Extended attributes
have the names that all archivers give them, `SCHILY.xattr.NAME`. Python's own tarfile takes ten
times as long, and does not let us write names that are no text.
"""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.records import dataclass

BLOCK = 512
FILE, LINK, SYMLINK, CHARACTER, BLOCK_DEVICE, FOLDER, FIFO, PAX = (b"%c" % n for n in b"0123456x")
_LONGEST = 100
_MOST_ID = 0o7777777
_MOST_SIZE = 0o77777777777


@dataclass(frozen=True, slots=True)
class Header:
    """An entry of an archive. `mtime` is in seconds; `device` is (major, minor)."""

    kind: bytes
    name: bytes
    mode: int = 0
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    target: bytes = b""
    device: tuple[int, int] = (0, 0)
    attributes: Sequence[tuple[str, bytes]] = ()

    def encode(self) -> bytes:
        """The blocks that come before the content."""
        records = b"".join(_record(key, value) for key, value in self._extended())
        if not records:
            return self._block()
        extended = Header(PAX, b"././@PaxHeader", size=len(records))
        return extended._block() + padded(records) + self._block()

    def _extended(self) -> Sequence[tuple[bytes, bytes]]:
        numbers = ((b"uid", self.uid, _MOST_ID), (b"gid", self.gid, _MOST_ID))
        times = ((b"mtime", self.mtime, _MOST_SIZE), (b"size", self.size, _MOST_SIZE))
        texts = ((b"path", self.name), (b"linkpath", self.target))
        return (
            *((key, text) for key, text in texts if len(text) > _LONGEST or not text.isascii()),
            *((key, b"%d" % n) for key, n, most in (*numbers, *times) if not 0 <= n <= most),
            *((b"SCHILY.xattr." + key.encode(), value) for key, value in self.attributes),
        )

    def _block(self) -> bytes:
        before = b"".join(
            (
                self.name[:_LONGEST].ljust(_LONGEST, b"\0"),
                b"%07o\0" % self.mode,
                b"%07o\0" % _fit(self.uid, _MOST_ID),
                b"%07o\0" % _fit(self.gid, _MOST_ID),
                b"%011o\0" % _fit(self.size, _MOST_SIZE),
                b"%011o\0" % _fit(self.mtime, _MOST_SIZE),
            )
        )
        after = b"".join(
            (
                self.kind,
                self.target[:_LONGEST].ljust(_LONGEST, b"\0"),
                b"ustar\00000".ljust(72, b"\0"),
                b"%07o\0%07o\0" % self.device,
            )
        ).ljust(BLOCK - 156, b"\0")
        total = sum(before) + sum(after) + 8 * ord(" ")
        return before + b"%06o\0 " % total + after


def padded(data: bytes) -> bytes:
    """Data filled up to whole blocks."""
    return data + bytes(-len(data) % BLOCK)


def _fit(number: int, most: int) -> int:
    return number if 0 <= number <= most else 0


def _record(key: bytes, value: bytes) -> bytes:
    """A record begins with its own length, digits included."""
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest)
    while length != len(rest) + len(b"%d" % length):
        length = len(rest) + len(b"%d" % length)
    return b"%d" % length + rest

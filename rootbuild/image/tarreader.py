"""Headers out of the pieces of a layer's archive; content is not looked at.

Formats: POSIX ustar and pax, and GNU's long names (types L and K) and numbers in base 256.
"""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.image.tarheader import BLOCK, FILE, PAX, Header
from rootbuild.records import dataclass, field, replace

_XATTR = "SCHILY.xattr."
_GLOBAL, _LONG_NAME, _LONG_LINK = b"g", b"L", b"K"
_OLD_FILE = b"\0"
_NO_CONTENT = (b"1", b"2", b"3", b"4", b"5", b"6")


class BadArchiveError(Exception):
    """The archive cannot be read."""


@dataclass(slots=True)
class HeaderReader:
    """Takes what is not content, in order, and gives headers as they become complete."""

    _buffer: bytearray = field(default_factory=bytearray)
    _extended: dict[str, bytes] = field(default_factory=dict)
    _padding: int = 0
    _ended: bool = False

    def feed(self, piece: bytes) -> Iterator[Header]:
        """The headers that end in a piece. Raises BadArchiveError."""
        if self._ended:
            return
        self._buffer += piece
        while len(self._buffer) >= self._padding + BLOCK and not self._ended:
            found = self._next()
            if found is None:
                return
            yield found

    def _next(self) -> Header | None:
        del self._buffer[: self._padding]
        self._padding = 0
        while len(self._buffer) >= BLOCK:
            block = bytes(self._buffer[:BLOCK])
            if not block.strip(b"\0"):
                self._ended = True
                return None
            kind, size = block[156:157], number(block[124:136])
            if kind not in (PAX, _GLOBAL, _LONG_NAME, _LONG_LINK):
                del self._buffer[:BLOCK]
                return self._finish(block, kind)
            whole = BLOCK + size + -size % BLOCK
            if len(self._buffer) < whole:
                return None
            self._extend(kind, bytes(self._buffer[BLOCK : BLOCK + size]))
            del self._buffer[:whole]
        return None

    def _extend(self, kind: bytes, data: bytes) -> None:
        if kind == PAX:
            self._extended.update(records(data))
        elif kind == _LONG_NAME:
            self._extended["path"] = data.rstrip(b"\0")
        elif kind == _LONG_LINK:
            self._extended["linkpath"] = data.rstrip(b"\0")

    def _finish(self, block: bytes, kind: bytes) -> Header:
        extended, self._extended = self._extended, {}
        name, prefix = _text(block[:100]), _text(block[345:500])
        if prefix and block[257:263] == b"ustar\0":
            name = prefix + b"/" + name
        found = Header(
            FILE if kind == _OLD_FILE else kind,
            name,
            number(block[100:108]) & 0o7777,
            number(block[108:116]),
            number(block[116:124]),
            number(block[124:136]),
            number(block[136:148]),
            _text(block[157:257]),
            (number(block[329:337]), number(block[337:345])),
        )
        found = _with(found, extended)
        if found.kind in _NO_CONTENT:
            found = replace(found, size=0)
        self._padding = -found.size % BLOCK
        return found


def records(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The records of an extended header. Raises BadArchiveError."""
    while data:
        length, _, _ = data.partition(b" ")
        try:
            record = data[len(length) + 1 : int(length)]
            key = record.partition(b"=")[0]
            if not record.endswith(b"\n"):
                raise ValueError
        except ValueError as error:
            raise BadArchiveError("an extended header cannot be read") from error
        yield key.decode("utf-8", "surrogateescape"), record[len(key) + 1 : -1]
        data = data[int(length) :]


def number(data: bytes) -> int:
    """A number of a header: octal digits, or base 256. Raises BadArchiveError."""
    if data[:1] in (b"\x80", b"\xff"):
        return int.from_bytes(data[1:], "big", signed=data[:1] == b"\xff")
    digits = data.replace(b"\0", b" ").strip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError as error:
        raise BadArchiveError("a number in a header cannot be read") from error


def _with(header: Header, extended: dict[str, bytes]) -> Header:
    """The header with what an extended one says instead."""
    if not extended:
        return header
    try:
        return replace(
            header,
            name=extended.get("path", header.name),
            target=extended.get("linkpath", header.target),
            uid=int(extended.get("uid", header.uid)),
            gid=int(extended.get("gid", header.gid)),
            size=int(extended.get("size", header.size)),
            mtime=int(float(extended.get("mtime", header.mtime)) // 1),
            attributes=tuple(
                (key[len(_XATTR) :], value)
                for key, value in sorted(extended.items())
                if key.startswith(_XATTR)
            ),
        )
    except ValueError as error:
        raise BadArchiveError("a number in an extended header cannot be read") from error


def _text(field_: bytes) -> bytes:
    return field_.partition(b"\0")[0]

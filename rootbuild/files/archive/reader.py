"""The entries of a tar file, one after the other, without trusting anything in it."""

from __future__ import annotations

import decimal
import lzma
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from rootbuild.errors import BuildError
from rootbuild.files.archive.compression import decompressed
from rootbuild.files.archive.entry import Entry, Kind
from rootbuild.files.archive.stream import ForwardStream, HeaderSizeError

_CAPABILITY = "SCHILY.xattr.security.capability"
_LATEST = 2**63 - 1

# What tarfile and the decompressors are known to raise for broken data.
_BROKEN = (
    tarfile.TarError,
    HeaderSizeError,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    ValueError,
    ArithmeticError,
    LookupError,
    RecursionError,
)


class Archive:
    """A tar file whose first entry has been read."""

    def __init__(self, stream: ForwardStream, tar: tarfile.TarFile, first: tarfile.TarInfo) -> None:
        self._stream = stream
        self._tar = tar
        self._first = first
        self._data = 0

    def entries(self) -> Iterator[Entry]:
        """All entries. BuildError where the archive is damaged or holds what no tar file should."""
        member: tarfile.TarInfo | None = self._first
        while member is not None:
            self._data = member.offset_data
            yield _entry(member)
            member = self._next()

    def content(self, entry: Entry) -> Iterator[tuple[int, bytes]]:
        """The data of the current entry, a file: (offset, bytes). To be read at most once."""
        try:
            self._stream.seek(self._data)
            for offset, length in entry.pieces:
                end = offset + length
                while offset < end:
                    data = self._stream.some(end - offset)
                    if not data:
                        raise EOFError("unexpected end of the archive")
                    yield offset, data
                    offset += len(data)
        except _BROKEN as error:
            raise _damaged(error) from error

    def _next(self) -> tarfile.TarInfo | None:
        try:
            self._stream.seek(self._tar.offset)
            if self._stream.tell() < self._tar.offset:
                raise EOFError("unexpected end of the archive")
            self._stream.header()
            return tarfile.TarInfo.fromtarfile(self._tar)
        except _ENDS:
            return None
        except _BROKEN as error:
            raise _damaged(error) from error


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Archive | None]:
    """The archive in a file that is open at its start; None if it is something else, or is empty.

    Raises HostError for compression that this host does not know.
    """
    with decompressed(file) as data:
        stream = ForwardStream(data)
        try:
            tar = tarfile.TarFile(
                fileobj=cast("IO[bytes]", stream), encoding="utf-8", errors="surrogateescape"
            )
        except _BROKEN:
            yield None
            return
        first = cast("tarfile.TarInfo | None", getattr(tar, "firstmember", None))
        yield None if first is None else Archive(stream, tar, first)


def _named(*names: str) -> tuple[type[Exception], ...]:
    return tuple(getattr(tarfile, name) for name in names)


# The two ways in which an archive ends: a block of zeros, or nothing any more.
_ENDS = _named("EOFHeaderError", "EmptyHeaderError")


def _entry(member: tarfile.TarInfo) -> Entry:
    mtime = _nanoseconds(member.pax_headers.get("mtime", member.mtime))
    atime = _nanoseconds(member.pax_headers.get("atime", 0))
    sparse = cast("list[tuple[int, int]] | None", getattr(member, "sparse", None))
    capabilities = member.pax_headers.get(_CAPABILITY, "")
    return Entry(
        kind=_kind(member),
        name=member.name,
        target=member.linkname,
        mode=member.mode & 0o7777,
        uid=member.uid,
        gid=member.gid,
        atime_ns=max(atime, mtime),
        mtime_ns=mtime,
        size=member.size,
        pieces=_pieces([(0, member.size)] if sparse is None else sparse, member.size),
        capabilities=capabilities.encode("utf-8", "surrogateescape"),
    )


def _kind(member: tarfile.TarInfo) -> Kind:
    if member.isreg():
        return "file"
    if member.isdir():
        return "directory"
    if member.issym():
        return "link"
    if member.islnk():
        return "hard link"
    if member.isdev():
        return "special"
    number = member.type[0] if member.type else 0
    raise BuildError(f'unsupported tar entry "{_shown(member.name)}" type {number}')


def _pieces(sparse: list[tuple[int, int]], size: int) -> tuple[tuple[int, int], ...]:
    """Where a file has data, in order and inside of the file."""
    position = 0
    pieces = tuple((offset, length) for offset, length in sparse if length)
    for offset, length in pieces:
        if offset < position or length < 0 or offset + length > size:
            raise BuildError("the archive is damaged: the data of an entry does not fit its size")
        position = offset + length
    return pieces


def _nanoseconds(value: str | float) -> int:
    """A time as the kernel takes it; what it cannot take becomes 1970, as in BuildKit."""
    try:
        number = decimal.Decimal(value) * 1_000_000_000
        return int(number) if 0 <= number <= _LATEST else 0
    except (ArithmeticError, ValueError):
        return 0


def _damaged(error: Exception) -> Exception:
    reason = str(error)
    if isinstance(error, HeaderSizeError):
        reason = "the headers of an entry are too large"
    return BuildError(
        f"the archive is damaged: {reason or type(error).__name__}",
        hint="make the archive again, or keep it as it is with ADD --unpack=false",
    )


def _shown(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")

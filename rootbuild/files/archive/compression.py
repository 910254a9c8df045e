"""Compressed files, told by their first bytes, as streams of what they hold."""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Protocol, cast

from rootbuild import process
from rootbuild.errors import HostError

_ZSTD_MODULE = "compression.zstd"  # part of Python from 3.14 on
_LONGEST_MAGIC = 6


class Readable(Protocol):
    """Something to read bytes from, in order."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


def is_compressed(file: IO[bytes]) -> bool:
    """Whether a file begins like a compressed one."""
    return os.pread(file.fileno(), _LONGEST_MAGIC, 0).startswith(tuple(_KINDS))


@contextmanager
def decompressed(file: IO[bytes]) -> Iterator[Readable]:
    """What a file (open, nothing read yet) holds: itself unless it begins like a compressed one.

    Errors in compressed data show while reading: OSError, EOFError, zlib.error, lzma.LZMAError.
    Raises HostError for zstd if this host cannot decompress that.
    """
    magic = os.pread(file.fileno(), _LONGEST_MAGIC, 0)
    with ExitStack() as stack:
        for start, wrap in _KINDS.items():
            if magic.startswith(start):
                yield wrap(file, stack)
                return
        yield file


def _gzip(file: IO[bytes], stack: ExitStack) -> Readable:
    return stack.enter_context(gzip.GzipFile(fileobj=file, mode="rb"))


def _bzip2(file: IO[bytes], stack: ExitStack) -> Readable:
    return stack.enter_context(bz2.BZ2File(file, "rb"))


def _xz(file: IO[bytes], stack: ExitStack) -> Readable:
    return stack.enter_context(lzma.LZMAFile(file, "rb", format=lzma.FORMAT_XZ))


def _zstd(file: IO[bytes], stack: ExitStack) -> Readable:
    try:
        module = importlib.import_module(_ZSTD_MODULE)
    except ImportError:
        return _zstd_program(file, stack)
    opened = cast("Callable[[IO[bytes]], IO[bytes]]", module.ZstdFile)
    return stack.enter_context(opened(file))


def _zstd_program(file: IO[bytes], stack: ExitStack) -> Readable:
    if process.find("zstd") is None:
        raise HostError(
            "cannot unpack an archive that is compressed with zstd: the program zstd is missing",
            id="program-missing",
            hint="install it, on Debian and Ubuntu with: sudo apt-get install zstd; or keep the "
            "archive as it is with ADD --unpack=false",
        )
    reader, writer = os.pipe()
    stream = stack.enter_context(os.fdopen(reader, "rb"))
    with os.fdopen(writer, "wb") as output:
        command = ("zstd", "--decompress", "--stdout", "--quiet", "-")
        stack.enter_context(process.background(command, stdin=file, output=output))
    return stream


_KINDS: dict[bytes, Callable[[IO[bytes], ExitStack], Readable]] = {
    b"\x1f\x8b\x08": _gzip,
    b"BZh": _bzip2,
    b"\xfd7zXZ\x00": _xz,
    b"\x28\xb5\x2f\xfd": _zstd,
}

"""Layers as blobs: compressed or not, with their digests, in one pass.

gzip is done in blocks by several threads, each block with the end of the one before as its
dictionary, so that the result depends on the content and the level alone. The format is RFC 1952;
the header holds neither a name nor a date.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import struct
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import ModuleType

from rootbuild.errors import HostError
from rootbuild.outputs.request import Compression
from rootbuild.outputs.sink import CHUNK, read_exactly, write_all
from rootbuild.records import dataclass

_WINDOW = 32 << 10
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_GZIP_LEVEL = 6
_ZSTD_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Written:
    """A blob that was written: its digest and size, and the digest of what it holds."""

    digest: str
    size: int
    content: str


class Compressor:
    """A sink that compresses into an open file; `finish` gives what came out.

    A context manager. The base class is the one that compresses nothing.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._content = hashlib.sha256()
        self._digest = hashlib.sha256()
        self._size = 0
        self._pending = bytearray()

    def __enter__(self) -> Compressor:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def write(self, data: bytes) -> None:
        """See Sink."""
        self._pending += data
        while len(self._pending) >= CHUNK:
            block = bytes(self._pending[:CHUNK])
            del self._pending[:CHUNK]
            self._take(block)

    def copy(self, source: int, size: int) -> None:
        """See Sink."""
        for data in read_exactly(source, size):
            self.write(data)

    def finish(self) -> Written:
        """Write what is left."""
        if self._pending:
            self._take(bytes(self._pending))
        self._end()
        return Written(
            f"sha256:{self._digest.hexdigest()}",
            self._size,
            f"sha256:{self._content.hexdigest()}",
        )

    def _take(self, block: bytes) -> None:
        self._content.update(block)
        self._compress(block)

    def _compress(self, block: bytes) -> None:
        self._put(block)

    def _end(self) -> None:
        """Put what the format ends with."""

    def _close(self) -> None:
        """Let go of what was needed."""

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._size += len(data)
        write_all(self._target, data)


class _Gzip(Compressor):
    def __init__(self, target: int, level: int) -> None:
        super().__init__(target)
        self._level = level
        self._length = 0
        self._checksum = 0
        self._window = b""
        count = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(count)
        self._waiting: deque[Future[bytes]] = deque()
        self._most = 2 * count
        self._put(_GZIP_HEADER)

    def _compress(self, block: bytes) -> None:
        self._length += len(block)
        self._checksum = zlib.crc32(block, self._checksum)
        self._waiting.append(self._pool.submit(_deflate, block, self._window, self._level))
        self._window = block[-_WINDOW:]
        while len(self._waiting) > self._most:
            self._put(self._waiting.popleft().result())

    def _end(self) -> None:
        while self._waiting:
            self._put(self._waiting.popleft().result())
        self._put(zlib.compressobj(self._level, zlib.DEFLATED, -zlib.MAX_WBITS).flush())
        self._put(struct.pack("<II", self._checksum, self._length & 0xFFFFFFFF))

    def _close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _deflate(block: bytes, window: bytes, level: int) -> bytes:
    """A block of a deflate stream, that ends at a byte and is not the last one."""
    if window:
        packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=window)
    else:
        packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(block) + packer.flush(zlib.Z_SYNC_FLUSH)


class _Zstd(Compressor):
    """By the library, whose output does not depend on how many threads it has, if any."""

    def __init__(self, target: int, level: int) -> None:
        super().__init__(target)
        packer = _zstandard().ZstdCompressor(level=level, threads=os.cpu_count() or 1)
        self._packer = packer.compressobj()

    def _compress(self, block: bytes) -> None:
        self._put(self._packer.compress(block))

    def _end(self) -> None:
        self._put(self._packer.flush())


def compressor(kind: Compression, level: int | None, target: int) -> Compressor:
    """A sink that writes a blob of that kind into an open file.

    Raises HostError if this host cannot compress with zstd.
    """
    if kind == "gzip":
        return _Gzip(target, _GZIP_LEVEL if level is None else min(level, 9))
    if kind == "zstd":
        return _Zstd(target, _ZSTD_LEVEL if level is None else max(1, min(level, 22)))
    return Compressor(target)


def _zstandard() -> ModuleType:
    try:
        return importlib.import_module("zstandard")
    except ImportError as error:
        raise HostError(
            "compression=zstd needs the Python package zstandard",
            id="program-missing",
            hint="pip install 'rootbuild[zstd]', or choose compression=gzip",
        ) from error

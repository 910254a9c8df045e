"""Blobs: what comes out holds what went in, and depends on that alone."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import os
import random
from pathlib import Path

import pytest
import zstandard

from rootbuild.errors import HostError
from rootbuild.outputs.compress import Written, compressor
from rootbuild.outputs.request import Compression

TEXT = b"".join(b"line %d of some text\n" % number for number in range(150_000))
CONTENTS = {"empty": b"", "small": b"x", "text": TEXT, "block": bytes(1 << 20)}
KINDS: tuple[Compression, ...] = ("uncompressed", "gzip", "zstd")


def _packed(
    kind: Compression, data: bytes, file: Path, *, level: int | None = None, step: int = 70_000
) -> tuple[Written, bytes]:
    with file.open("wb") as stream, compressor(kind, level, stream.fileno()) as packer:
        for begin in range(0, len(data), step):
            packer.write(data[begin : begin + step])
        written = packer.finish()
    return written, file.read_bytes()


def _unpacked(kind: Compression, data: bytes) -> bytes:
    if kind == "gzip":
        return gzip.decompress(data)
    return zstandard.ZstdDecompressor().decompressobj().decompress(data) if kind == "zstd" else data


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CONTENTS)
def test_round_trip(kind: Compression, name: str, tmp_path: Path) -> None:
    written, packed = _packed(kind, CONTENTS[name], tmp_path / "out")
    assert _unpacked(kind, packed) == CONTENTS[name]
    assert written.size == len(packed)
    assert written.digest == f"sha256:{hashlib.sha256(packed).hexdigest()}"
    assert written.content == f"sha256:{hashlib.sha256(CONTENTS[name]).hexdigest()}"


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_and_processors_do_not_count(
    kind: Compression, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = _packed(kind, TEXT, tmp_path / "a")
    for count in (1, 7):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        assert _packed(kind, TEXT, tmp_path / "b", step=1 + random.randrange(99_999))[0] == first


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_levels(kind: Compression, tmp_path: Path) -> None:
    found = {_packed(kind, TEXT, tmp_path / "out", level=level)[0] for level in (1, 5, 9)}
    assert len(found) == 3
    assert all(written.size < len(TEXT) / 4 for written in found)


def test_a_disk_that_is_full() -> None:
    with (
        open("/dev/full", "wb", buffering=0) as stream,
        compressor("uncompressed", None, stream.fileno()) as packer,
        pytest.raises(OSError, match="No space"),
    ):
        packer.write(TEXT)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(HostError, match="zstandard") as caught:
        _packed("zstd", b"", tmp_path / "out")
    assert "rootbuild[zstd]" in caught.value.report.hint

"""Layers out of the store's files: byte for byte, or not at all."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rootbuild.errors import HostError
from rootbuild.image.tarreader import BadArchiveError, HeaderReader, number, records
from rootbuild.outputs.blobs import write_blob
from rootbuild.outputs.image import Style
from rootbuild.outputs.layers import entries, write_layer
from rootbuild.outputs.sink import FileSink
from rootbuild.storage.contents import StoredLayer
from tests.outputs.layers import archive, stored

LARGE = os.urandom(300_000)
MEMBERS: tuple[tuple[str, bytes | str], ...] = (
    ("usr/", b""),
    ("usr/lib/", b""),
    ("lib", "usr/lib"),
    ("lib/by-link", b"below a link"),
    ("empty", b""),
    ("large", LARGE),
    ("n" * 150, b"long"),
    ("name-é", b"utf-8"),
)


@pytest.fixture
def layer(tmp_path: Path) -> StoredLayer:
    return stored(archive(*MEMBERS), tmp_path / "store")


def _written(layer: StoredLayer, file: Path) -> bytes:
    with file.open("wb") as stream:
        sink = FileSink(stream.fileno())
        write_layer(layer, sink)
        sink.flush()
    return file.read_bytes()


def test_the_archive_comes_out_as_it_was(layer: StoredLayer, tmp_path: Path) -> None:
    assert _written(layer, tmp_path / "out") == archive(*MEMBERS)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT,
                      encoding="latin-1") as tar:  # fmt: skip
        info = tarfile.TarInfo("café")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"abc"))
    data = stream.getvalue()
    made = stored(archive(("x", b"abc")), tmp_path / "store")
    (made.folder / "x").rename(made.folder / name)
    import base64
    import gzip
    import json

    lines = (
        {"type": 2, "payload": base64.b64encode(data[:512]).decode()},
        {"type": 1, "name_raw": base64.b64encode(b"caf\xe9").decode(), "size": 3},
        {"type": 2, "payload": base64.b64encode(data[515:]).decode()},
    )
    made.split.write_bytes(
        gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    )
    assert _written(made, tmp_path / "out") == data


def _shorten(layer: StoredLayer) -> None:
    (layer.folder / "large").write_bytes(b"short")


def _remove(layer: StoredLayer) -> None:
    (layer.folder / "large").unlink()


def _swap(layer: StoredLayer) -> None:
    (layer.folder / "large").unlink()
    (layer.folder / "large").symlink_to("/etc/passwd")


def _lead_outside(layer: StoredLayer) -> None:
    (layer.folder / "lib").unlink()
    (layer.folder / "lib").symlink_to("/etc/../../..")


def _cut_list(layer: StoredLayer) -> None:
    layer.split.write_bytes(layer.split.read_bytes()[:-20])


@pytest.mark.parametrize("harm", [_shorten, _remove, _swap, _lead_outside, _cut_list])
def test_damage_is_seen(
    layer: StoredLayer, tmp_path: Path, harm: Callable[[StoredLayer], None]
) -> None:
    harm(layer)
    with pytest.raises(HostError) as caught, (tmp_path / "out").open("wb") as stream:
        write_layer(layer, FileSink(stream.fileno()))
    assert caught.value.id == "store-damaged"


def test_changed_content_is_seen_where_a_digest_is_made(layer: StoredLayer, tmp_path: Path) -> None:
    (layer.folder / "large").write_bytes(LARGE[::-1])
    with (
        pytest.raises(HostError, match="its content has changed"),
        (tmp_path / "out").open("wb") as stream,
    ):
        write_blob(layer, Style("gzip", None, False), stream.fileno())


def test_entries_and_their_content(layer: StoredLayer, tmp_path: Path) -> None:
    found = {}
    for entry in entries(layer):
        with (tmp_path / "out").open("wb") as stream:
            sink = FileSink(stream.fileno())
            entry.content(sink)
            sink.flush()
        found[entry.header.name.decode().rstrip("/")] = (
            entry.header.kind,
            entry.header.target,
            (tmp_path / "out").read_bytes(),
        )
    assert list(found) == [name.rstrip("/") for name, _ in MEMBERS]
    assert found["lib"] == (b"2", b"usr/lib", b"")
    assert found["lib/by-link"] == (b"0", b"", b"below a link")
    assert found["large"] == (b"0", b"", LARGE)


FORMATS = (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("step", [1, 100, 512, 10_000])
def test_headers_of_all_formats(form: int, step: int) -> None:
    """Pieces may end anywhere."""
    stream = io.BytesIO()
    name, target = "d/" * 30 + "n" * 90, "t" * (80 if form == tarfile.USTAR_FORMAT else 200)
    with tarfile.open(fileobj=stream, mode="w", format=form) as tar:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.REGTYPE):
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.mtime = kind, 0o4755, 1_234_567_890
            info.uid, info.gid = (5, 7) if form == tarfile.USTAR_FORMAT else (3_000_000, 2_999_999)
            info.linkname = target if kind == tarfile.SYMTYPE else ""
            if form == tarfile.PAX_FORMAT:
                info.pax_headers = {"SCHILY.xattr.user.a": "b\nc", "mtime": "1234567890.75"}
            tar.addfile(info)
    reader, found = HeaderReader(), []
    data = stream.getvalue()
    for begin in range(0, len(data), step):
        found += list(reader.feed(data[begin : begin + step]))
    assert [header.name.decode().rstrip("/") for header in found] == [name] * 3
    assert [header.kind for header in found] == [b"5", b"2", b"0"]
    assert {(header.mode, header.mtime) for header in found} == {(0o4755, 1_234_567_890)}
    assert found[1].target.decode() == target
    assert found[2].uid == (5 if form == tarfile.USTAR_FORMAT else 3_000_000)
    kept = (("user.a", b"b\nc"),) if form == tarfile.PAX_FORMAT else ()
    assert found[0].attributes == kept


@pytest.mark.parametrize("data", [b"8 path=x\n", b"x path=x\n", b"11 path=xyz", b"-1 a=b\n"])
def test_records_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(BadArchiveError):
        list(records(data))


def test_numbers() -> None:
    assert number(b"0000644\0") == 0o644
    assert number(b"\x80" + (1 << 40).to_bytes(11, "big")) == 1 << 40
    with pytest.raises(BadArchiveError):
        number(b"00x0644\0")

"""Contexts that come as archives."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rootbuild.context.archive import unpack_context
from rootbuild.errors import ContextError
from tests.files.archives import Member, directory, hard, link, member, packed

NOBODYS: dict[str, Any] = {"uid": 4_000_000_000, "gid": 4_000_000_000}


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, check=True, capture_output=True).stdout


COMPRESSIONS = [
    pytest.param(bytes, id="plain"),
    pytest.param(gzip.compress, id="gzip"),
    pytest.param(bz2.compress, id="bzip2"),
    pytest.param(lzma.compress, id="xz"),
    pytest.param(
        zstd,
        id="zstd",
        marks=pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed"),
    ),
]


def unpacked(tmp_path: Path, data: bytes) -> Path | None:
    """The folder that the archive was unpacked into; None if it was taken for something else."""
    source, folder = tmp_path / "source", tmp_path / "folder"
    source.write_bytes(data)
    folder.mkdir()
    with source.open("rb") as file:
        return folder if unpack_context(file, folder) else None


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_all_becomes_ours(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    """Owners that nobody could give, and directories that are not listed."""
    members: list[Member] = [
        directory("d", 0o550, **NOBODYS),
        member("d/f", b"content", mode=0o4750, mtime=7, **NOBODYS),
        link("d/l", "f"),
        hard("h", "d/f", mode=0o4750, mtime=7, **NOBODYS),
        member("new/deep/g", b"g", mode=0, **NOBODYS),
    ]
    folder = unpacked(tmp_path, compress(packed(members)))
    assert folder is not None
    found = folder / "d/f"
    assert found.samefile(folder / "h")
    assert found.stat().st_mtime == 7
    modes = {name: (folder / name).lstat().st_mode for name in ("d", "d/f", "new", "new/deep")}
    assert {name: stat.S_IMODE(mode) for name, mode in modes.items()} == {
        "d": 0o550,
        "d/f": 0o4750,
        "new": 0o755,
        "new/deep": 0o755,
    }
    assert os.readlink(folder / "d/l") == "f"
    assert (folder / "new/deep/g").stat().st_mode & 0o777 == 0
    for path in folder.rglob("*"):
        assert (path.lstat().st_uid, path.lstat().st_gid) == (os.geteuid(), os.getegid())


def test_devices_and_capabilities_are_left_out(tmp_path: Path) -> None:
    capable = member("f", b"x")
    capable[0].pax_headers = {"SCHILY.xattr.security.capability": "\x01\0\0\x02" + "\0" * 16}
    members = [member("null", type=tarfile.CHRTYPE), member("pipe", type=tarfile.FIFOTYPE), capable]
    folder = unpacked(tmp_path, packed(members))
    assert folder is not None
    assert [path.name for path in folder.iterdir()] == ["f"]
    assert os.listxattr(folder / "f") == []


@pytest.mark.parametrize(
    "members",
    [
        [member("../outside", b"x")],
        [member("d/../../outside", b"x")],
        [link("l", "../.."), member("l/outside", b"x")],
        [hard("h", "../outside")],
    ],
)
def test_nothing_leads_out(tmp_path: Path, members: list[Member]) -> None:
    with pytest.raises(ContextError, match=r"cannot unpack the build context: .*outside"):
        unpacked(tmp_path, packed(members))
    assert not (tmp_path / "outside").exists()


def test_an_absolute_link_stays_inside(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    members = [link("l", str(tmp_path / "target")), member("l/file", b"x")]
    folder = unpacked(tmp_path, packed(members))
    assert folder is not None
    assert list((tmp_path / "target").iterdir()) == []
    assert folder.joinpath(*(tmp_path / "target/file").parts[1:]).read_bytes() == b"x"


@pytest.mark.parametrize("data", [b"", b"FROM scratch\n", b"# syntax=x\n" * 200, b"\0" * 2048])
def test_anything_else_is_no_archive(tmp_path: Path, data: bytes) -> None:
    assert unpacked(tmp_path, data) is None
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.parametrize("compress", COMPRESSIONS[1:])
def test_compressed_means_an_archive(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ContextError, match="no tar archive"):
        unpacked(tmp_path, compress(b"FROM scratch\n"))


def test_a_damaged_archive(tmp_path: Path) -> None:
    data = gzip.compress(packed([member("f", os.urandom(100_000)), member("g", b"g")]))
    with pytest.raises(ContextError, match=r"cannot unpack the build context: .*damaged"):
        unpacked(tmp_path, data[:50_000])


def test_holes_take_no_room(tmp_path: Path) -> None:
    """A small archive may stand for a large sparse file; it stays sparse."""
    if shutil.which("tar") is None:
        pytest.skip("tar is not installed")
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
        file.seek(1 << 20)
        file.write(b"x")
    argv = ["tar", "-C", str(tmp_path), "--sparse", "-c", "sparse"]
    data = subprocess.run(argv, check=True, capture_output=True).stdout
    assert len(data) < 1 << 20
    folder = unpacked(tmp_path, data)
    assert folder is not None
    status = (folder / "sparse").stat()
    assert (status.st_size, status.st_blocks < 1000) == (1 << 30, True)


def test_a_stream_is_not_kept_in_memory(tmp_path: Path) -> None:
    import tracemalloc

    source, folder = tmp_path / "source", tmp_path / "folder"
    folder.mkdir()
    with tarfile.open(source, "w") as tar:
        info = tarfile.TarInfo("large")
        info.size = 64 << 20
        tar.addfile(info, io.BytesIO(bytes(info.size)))
    tracemalloc.start()
    with source.open("rb") as file:
        assert unpack_context(file, folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20

"""ADD of archives, honest ones."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild.errors import BuildError, HostError
from rootbuild.files.archive import compression
from rootbuild.files.owner import Owner
from tests.files.archives import add, directory, hard, link, member, packed

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root may give files away")
needs_zstd = pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed")
ME = Owner(os.geteuid(), os.getegid())


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, check=True, capture_output=True).stdout


COMPRESSIONS = [
    pytest.param(bytes, id="plain"),
    pytest.param(gzip.compress, id="gzip"),
    pytest.param(bz2.compress, id="bzip2"),
    pytest.param(lzma.compress, id="xz"),
    pytest.param(zstd, id="zstd", marks=needs_zstd),
]


def below(root: Path) -> set[str]:
    return {
        str(path.relative_to(root)) + ("/" if path.is_dir() and not path.is_symlink() else "")
        for path in root.rglob("*")
    }


def put(source: Path, data: bytes, name: str = "a.bin") -> None:
    (source / name).write_bytes(data)


@pytest.mark.parametrize("compress", COMPRESSIONS)
@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_entries_as_they_are(
    source: Path, target: Path, compress: Callable[[bytes], bytes], format: int
) -> None:
    content = os.urandom(300_000)
    members = [
        directory("./"),
        directory("d", 0o750, mtime=5),
        member("d/f", content, mode=0o4640, mtime=7),
        link("d/l", "/etc/../nowhere"),
        hard("h", "d/f", mode=0o4640, mtime=7),
        member("new/deep/g", b"g"),
    ]
    put(source, compress(packed(members, format)))
    (target / "x").mkdir()
    (target / "x").chmod(0o711)
    add(source, target, "a.bin", "/x")
    root = target / "x"
    assert below(root) == {"d/", "d/f", "d/l", "h", "new/", "new/deep/", "new/deep/g"}
    assert (root / "d/f").read_bytes() == content
    assert stat.S_IMODE((root / "d/f").stat().st_mode) == 0o4640
    assert (root / "d/f").stat().st_mtime == 7
    assert (root / "d/f").samefile(root / "h")
    assert os.readlink(root / "d/l") == "/etc/../nowhere"
    assert (root / "d/l").lstat().st_mtime == 1_000_000_000
    assert stat.S_IMODE((root / "d").stat().st_mode) == 0o750
    assert (root / "d").stat().st_mtime == 5
    assert stat.S_IMODE((root / "new").stat().st_mode) == 0o755
    assert stat.S_IMODE(root.stat().st_mode) == 0o711, "the destination itself is not the archive's"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text\n",
        b"x" * 512,
        bytes(10240),
        packed([]),
        gzip.compress(b"no tar"),
        gzip.compress(packed([])),
        gzip.compress(packed([member("f", b"f")]))[:40],
        b"\x1f\x8b\x08 no gzip at all",
        b"BZh but no more",
        b"\xfd7zXZ\x00",
        packed([member("f", b"f")])[:511],
        packed([member("f", b"g")])[1:],
        b"PK\x03\x04 a zip file",
    ],
)
def test_what_is_no_archive_is_copied(source: Path, target: Path, content: bytes) -> None:
    put(source, content)
    add(source, target, "a.bin", "/f", owner=ME)
    assert (target / "f").read_bytes() == content


@needs_zstd
def test_zstd_of_something_else_is_copied(source: Path, target: Path) -> None:
    put(source, zstd(b"text"))
    add(source, target, "a.bin", "/f", owner=ME)
    assert (target / "f").read_bytes() == zstd(b"text")


def test_zstd_without_a_way_to_read_it(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "_ZSTD_MODULE", "no.such.module")
    monkeypatch.setattr(process, "find", lambda program: None)
    put(source, b"\x28\xb5\x2f\xfd rest")
    with pytest.raises(HostError, match="the program zstd is missing") as caught:
        add(source, target, "a.bin", "/x", owner=ME)
    assert "--unpack=false" in caught.value.report.hint


def test_without_unpacking(source: Path, target: Path) -> None:
    data = packed([member("f", b"f")])
    put(source, data)
    add(source, target, "a.bin", "/x/", unpack=False, owner=ME)
    assert (target / "x/a.bin").read_bytes() == data


def test_several_archives_and_other_files(source: Path, target: Path) -> None:
    for name in ("one", "two"):
        put(source, packed([member(name, name.encode())]), f"{name}.tar")
    put(source, b"no tar", "three.tar")
    (source / "four").mkdir()
    put(source, packed([member("inner", b"")]), "four/five.tar")
    add(source, target, "*.tar", "four", "/x/", owner=ME)
    assert below(target / "x") == {"one", "two", "three.tar", "five.tar"}


def test_the_destination_is_always_a_directory(source: Path, target: Path) -> None:
    put(source, packed([member("f", b"f")]))
    add(source, target, "a.bin", "/new/deep")
    assert below(target) == {"new/", "new/deep/", "new/deep/f"}
    (target / "file").write_text("")
    with pytest.raises(BuildError, match="cannot copy to non-directory: /file"):
        add(source, target, "a.bin", "/file")


def test_a_destination_that_is_a_link_is_followed(source: Path, target: Path) -> None:
    put(source, packed([member("f", b"f")]))
    (target / "real").mkdir()
    (target / "link").symlink_to("/real")
    add(source, target, "a.bin", "/link/")
    assert below(target / "real") == {"f"}


def test_entries_replace_what_is_there(source: Path, target: Path) -> None:
    members = [member("f", b"new"), member("d", b"file"), directory("l", 0o700), link("e", "f")]
    put(source, packed(members))
    (target / "f").write_text("old")
    (target / "pair").hardlink_to(target / "f")
    (target / "d" / "deep" / "er").mkdir(parents=True)
    (target / "d" / "deep" / "x").write_text("")
    (target / "other").mkdir()
    (target / "l").symlink_to("other")
    (target / "e").mkdir()
    add(source, target, "a.bin", "/")
    assert (target / "pair").read_text() == "old"
    assert (target / "f").read_text() == "new"
    assert (target / "d").read_text() == "file"
    assert not (target / "l").is_symlink()
    assert os.readlink(target / "e") == "f"


def test_entries_replace_each_other(source: Path, target: Path) -> None:
    members = [
        directory("a"),
        member("a/b/c", b"1"),
        member("a/b", b"2"),
        link("a", "d"),
        directory("d", 0o750),
        member("a/e", b"3"),
        member("d/e", b"4"),
    ]
    put(source, packed(members))
    add(source, target, "a.bin", "/x")
    assert below(target / "x") == {"a", "d/", "d/e"}
    assert (target / "x/d/e").read_text() == "4"
    assert stat.S_IMODE((target / "x/d").stat().st_mode) == 0o750


def test_existing_directories_get_the_attributes_of_the_archive(source: Path, target: Path) -> None:
    put(source, packed([directory("d", 0o701, mtime=9)]))
    (target / "d").mkdir()
    (target / "d" / "kept").write_text("")
    add(source, target, "a.bin", "/")
    assert stat.S_IMODE((target / "d").stat().st_mode) == 0o701
    assert (target / "d").stat().st_mtime == 9
    assert (target / "d" / "kept").exists()


def test_directories_that_may_not_be_written_to(source: Path, target: Path) -> None:
    put(source, packed([directory("d", 0o555), member("d/f", b"f", mode=0)]))
    add(source, target, "a.bin", "/")
    assert stat.S_IMODE((target / "d").stat().st_mode) == 0o555
    (target / "d").chmod(0o755)
    assert (target / "d/f").exists()


def test_links_within_the_archive_are_followed_below_the_destination(
    source: Path, target: Path
) -> None:
    members = [directory("lib"), link("l", "/lib"), link("m", "l"), member("m/f", b"f")]
    put(source, packed(members))
    add(source, target, "a.bin", "/x")
    assert below(target) == {"x/", "x/l", "x/lib/", "x/lib/f", "x/m"}


def test_times_are_exact(source: Path, target: Path) -> None:
    info, content = member("f", b"f")
    info.pax_headers = {"mtime": "1234567890.123456789", "atime": "1234567899.5"}
    old, _ = member("old", mtime=-5)
    put(source, packed([(info, content), (old, b"")]))
    add(source, target, "a.bin", "/")
    assert (target / "f").stat().st_mtime_ns == 1234567890123456789
    assert (target / "f").stat().st_atime_ns >= 1234567899500000000
    assert (target / "old").stat().st_mtime == 0


def test_names_of_any_bytes_and_any_length(source: Path, target: Path) -> None:
    long = "/".join(["n" * 200] * 5)
    put(source, packed([member("\udce9", b"1"), member("ü" * 60, b"2"), member(long, b"3")]))
    add(source, target, "a.bin", "/")
    assert os.path.exists(os.fsencode(target) + b"/\xe9")
    assert (target / ("ü" * 60)).exists()
    assert (target / long).read_text() == "3"


@pytest.mark.parametrize("format", ["gnu", "posix"])
def test_holes_stay_holes(source: Path, target: Path, tmp_path: Path, format: str) -> None:
    with open(tmp_path / "sparse", "wb") as stream:
        for offset in (1 << 20, 5 << 20):
            stream.seek(offset)
            stream.write(b"data")
        stream.truncate(64 << 20)
    subprocess.run(
        ["tar", "-cSf", source / "a.bin", f"--format={format}", "sparse"], cwd=tmp_path, check=True
    )
    add(source, target, "a.bin", "/", owner=ME)
    made = target / "sparse"
    assert made.read_bytes() == (tmp_path / "sparse").read_bytes()
    assert made.stat().st_blocks * 512 < 1 << 20


def test_memory_does_not_grow_with_files(source: Path, target: Path) -> None:
    with tarfile.open(source / "a.bin", "w:gz") as tar:
        info, _ = member("f")
        info.size = 96 << 20
        tar.addfile(info, io.BytesIO(bytes(info.size)))
    tracemalloc.start()
    try:
        add(source, target, "a.bin", "/")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert (target / "f").stat().st_size == 96 << 20


@needs_root
def test_owners_are_those_of_the_archive(source: Path, target: Path) -> None:
    members = [
        directory("d", uid=5, gid=6),
        member("d/f", b"", uid=7, gid=8, mode=0o4755),
        link("l", "d"),
        member("implied/f", b"", uid=7, gid=8),
    ]
    put(source, packed(members))
    add(source, target, "a.bin", "/x")
    found = {name: (target / "x" / name).lstat() for name in ("d", "d/f", "implied")}
    assert [(status.st_uid, status.st_gid) for status in found.values()] == [(5, 6), (7, 8), (0, 0)]
    assert stat.S_IMODE(found["d/f"].st_mode) == 0o4755


@needs_root
def test_chown_takes_their_place_and_chmod_does_not_count(source: Path, target: Path) -> None:
    put(source, packed([directory("d", uid=5), member("d/f", b"", mode=0o640), link("l", "d")]))
    add(source, target, "a.bin", "/x", owner=Owner(3, 4), chmod="777")
    for name in ("", "d", "d/f", "l"):
        status = (target / "x" / name).lstat()
        assert (status.st_uid, status.st_gid) == (3, 4), name
    assert stat.S_IMODE((target / "x/d/f").stat().st_mode) == 0o640


def test_over_what_is_there_without_following_it(source: Path, target: Path) -> None:
    put(source, packed([directory("d", 0o700), member("sub/f", b"f"), member("e", b"e")]))
    (target / "other").mkdir()
    (target / "x").symlink_to("other")
    add(source, target, "a.bin", "/x", link=True)
    assert not (target / "x").is_symlink()
    (target / "y" / "e" / "deep").mkdir(parents=True)
    (target / "y" / "d").symlink_to("../other")
    (target / "y" / "sub").symlink_to("../other")
    (target / "y" / "kept").write_text("")
    add(source, target, "a.bin", "/y/", link=True)
    assert below(target / "y") == {"d/", "sub/", "sub/f", "e", "kept"}
    assert below(target / "other") == set()


@pytest.mark.engine
@pytest.mark.skipif(ROOT, reason="the tests that need root are run as they are")
def test_what_needs_root_works_for_root_of_a_user_namespace(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *("buildah", "unshare", sys.executable, "-m", "pytest", "-q", "-rN", __file__),
            *("-p", "no:cacheprovider", f"--basetemp={tmp_path / 'inside'}"),
            *("-k", "owners_are or chown_takes"),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(r"^2 passed", done.stdout, re.MULTILINE), done.stdout + done.stderr

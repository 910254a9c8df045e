"""ADD of archives that want to write elsewhere, or to fill memory and disk."""

from __future__ import annotations

import gzip
import os
import tarfile
import time
from pathlib import Path

import pytest

from rootbuild.errors import BuildError, HostError
from rootbuild.files.owner import Owner
from tests.files.archives import Member, add, directory, hard, link, member, packed

ME = Owner(os.geteuid(), os.getegid())


@pytest.fixture(autouse=True)
def _stage(target: Path, tmp_path: Path) -> None:
    (target / "x").mkdir()
    (target / "etc").mkdir()
    (target / "etc" / "passwd").write_text("image")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("outside")


def unpack(source: Path, target: Path, members: list[Member], link: bool = False) -> None:
    (source / "a.tar").write_bytes(packed(members))
    add(source, target, "a.tar", "/x/", link=link)


def picture(*roots: Path) -> dict[Path, object]:
    return {
        path: (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for root in roots
        for path in (root, *root.rglob("*"))
    }


ESCAPES = {
    "dots": [member("../etc/passwd", b"bad")],
    "many dots": [member("a/../../../../outside/secret", b"bad")],
    "dots in a link on the way": [link("l", "../etc"), member("l/passwd", b"bad")],
    "far dots in a link": [link("l", "../../outside"), member("l/secret", b"bad")],
    "two links": [link("a", "."), link("a/b", "../.."), member("b/outside/secret", b"bad")],
    "a link to itself": [link("l", "l"), member("l/f", b"bad")],
    "a hard link with dots": [hard("h", "../etc/passwd"), member("h", b"bad")],
    "a hard link through a link": [link("l", "../etc"), hard("h", "l/passwd", mode=0)],
    "a hard link to the root": [hard("h", ".")],
    "a hard link to nothing": [hard("h", "nothing")],
    "a hard link to a directory": [directory("d"), hard("h", "d")],
    "a file in a file": [member("f", b""), member("f/g", b"bad")],
    "a NUL": [member("l", type=tarfile.SYMTYPE, pax_headers={"linkpath": "a\0b"})],
    "an empty link": [link("l", "")],
    "a long path": [member("/".join(["d"] * 3000), b"")],
    "a long name": [member("n" * 300, b"")],
}


@pytest.mark.parametrize("members", ESCAPES.values(), ids=ESCAPES.keys())
@pytest.mark.parametrize("over", [False, True])
def test_refused(
    source: Path, target: Path, tmp_path: Path, members: list[Member], over: bool
) -> None:
    before = picture(target / "etc", tmp_path / "outside")
    with pytest.raises(BuildError):
        unpack(source, target, members, over)
    assert picture(target / "etc", tmp_path / "outside") == before


HARMLESS = {
    "absolute": [member("/etc/passwd", b"new")],
    "absolute link": [directory("etc"), link("l", "/etc"), member("l/passwd", b"new")],
    "inner dots": [directory("d"), member("d/../etc/passwd", b"new")],
    "a link with inner dots": [
        directory("etc"),
        directory("d"),
        link("d/l", "../etc"),
        member("d/l/passwd", b"new"),
    ],
    "an absolute hard link": [member("f", b"new"), directory("etc"), hard("etc/passwd", "/f")],
}


@pytest.mark.parametrize("members", HARMLESS.values(), ids=HARMLESS.keys())
def test_the_destination_is_the_root_of_the_archive(
    source: Path, target: Path, members: list[Member]
) -> None:
    unpack(source, target, members)
    assert (target / "x/etc/passwd").read_text() == "new"
    assert (target / "etc/passwd").read_text() == "image"


def test_links_of_the_image_are_followed_below_the_destination_only(
    source: Path, target: Path, tmp_path: Path
) -> None:
    (target / "x" / "out").symlink_to(tmp_path / "outside")
    (target / "x" / "etc").symlink_to("/etc")
    with pytest.raises(BuildError):
        unpack(source, target, [member("etc/passwd", b"bad")])
    unpack(source, target, [member("out/secret", b"bad")])
    assert (target / "etc/passwd").read_text() == "image"
    assert (tmp_path / "outside/secret").read_text() == "outside"


def test_final_links_are_replaced_never_written_through(
    source: Path, target: Path, tmp_path: Path
) -> None:
    (target / "x" / "f").symlink_to(tmp_path / "outside" / "secret")
    unpack(source, target, [member("f", b"new"), link("g", "../etc/passwd"), member("g", b"new")])
    assert (target / "x/f").read_text() == (target / "x/g").read_text() == "new"
    assert (target / "etc/passwd").read_text() == "image"
    assert (tmp_path / "outside/secret").read_text() == "outside"


def test_modes_and_times_never_go_through_links(source: Path, target: Path) -> None:
    (target / "etc").chmod(0o755)
    members = [directory("d", 0o777), link("d", "../etc"), hard("h", "d", mode=0o777)]
    unpack(source, target, members)
    assert (target / "etc").stat().st_mode & 0o777 == 0o755


def test_devices_are_left_out(source: Path, target: Path) -> None:
    members = [
        member("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        member("disk", type=tarfile.BLKTYPE, devmajor=8, devminor=0),
        member("deep/pipe", type=tarfile.FIFOTYPE),
        member("f", b"f"),
    ]
    unpack(source, target, members)
    assert [path.name for path in (target / "x").iterdir()] == ["f"]


def test_an_unknown_type_is_an_error(source: Path, target: Path) -> None:
    with pytest.raises(BuildError, match='unsupported tar entry "f" type 90'):
        unpack(source, target, [member("f", type=b"Z")])


@pytest.mark.parametrize(("uid", "gid"), [(2**32 - 1, 0), (0, 2**32 - 1), (2**40, 0), (-1, 0)])
def test_owners_that_cannot_be(source: Path, target: Path, uid: int, gid: int) -> None:
    (source / "a.tar").write_bytes(
        packed([member("f", b"f", uid=uid, gid=gid)], tarfile.GNU_FORMAT)
    )
    with pytest.raises(BuildError, match="impossible owner"):
        add(source, target, "a.tar", "/x/")


def damaged(data: bytes, at: int, with_: bytes) -> bytes:
    return data[:at] + with_ + data[at + len(with_) :]


TWO = packed([member("one", b"1" * 600), member("two", b"2" * 600)], tarfile.USTAR_FORMAT)


@pytest.mark.parametrize(
    "data",
    [
        TWO[:700],
        TWO[:1536],
        TWO[:1800],
        damaged(TWO, 1536, b"\xff" * 100),
        gzip.compress(os.urandom(5) + TWO)[:5] + gzip.compress(TWO)[5:-30],
        gzip.compress(TWO[:1000]),
    ],
)
def test_damage_is_an_error(source: Path, target: Path, data: bytes) -> None:
    (source / "a.tar").write_bytes(data)
    if data[:1536] == TWO[:1536] and len(data) == 1536:
        add(source, target, "a.tar", "/x/", owner=ME)  # no end marker: as good as one
        return
    with pytest.raises(BuildError, match="the archive is damaged"):
        add(source, target, "a.tar", "/x/", owner=ME)


def number(value: int) -> bytes:
    """A number as GNU tar writes large ones."""
    return b"\x80" + value.to_bytes(11, "big")


def header(name: bytes, size: bytes, type: bytes = b"0", extra: bytes = b"") -> bytes:
    """A raw GNU header with any size."""
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108] = b"0000644\0"
    block[108:124] = b"0000000\0" * 2
    block[124 : 124 + len(size)] = size
    block[136:148] = b"00000000000\0"
    block[156:157] = type
    block[257:265] = b"ustar  \0"
    block[386 : 386 + len(extra)] = extra
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def test_a_huge_sparse_file_is_refused_before_it_is_made(source: Path, target: Path) -> None:
    size = 1 << 62
    holes = number(0) + number(512) + bytes(24 * 3) + b"\0" + number(size)
    data = header(b"f", b"%011o\0" % 512, b"S", holes) + bytes(512)
    (source / "a.tar").write_bytes(data + bytes(1024))
    with pytest.raises(HostError, match="no space left"):
        add(source, target, "a.tar", "/x/", owner=ME)


@pytest.mark.parametrize("size", [number(1 << 62), number(1 << 40), b"\xff" * 12, b"-0000000001\0"])
@pytest.mark.parametrize("type", [b"0", b"x", b"L", b"g"])
def test_sizes_that_lie(source: Path, target: Path, size: bytes, type: bytes) -> None:
    first = packed([member("first", b"")], tarfile.GNU_FORMAT)[:512]
    (source / "a.tar").write_bytes(first + header(b"f", size, type) + b"x" * 2048)
    with pytest.raises(BuildError, match="the archive is damaged"):
        add(source, target, "a.tar", "/x/", owner=ME)


def test_headers_may_not_fill_memory(source: Path, target: Path) -> None:
    first = packed([member("first", b"")], tarfile.GNU_FORMAT)[:512]
    bomb = header(b"f", b"%011o\0" % (64 << 20), b"x") + b"1" * (64 << 20)
    (source / "a.tar").write_bytes(gzip.compress(first + bomb, 1))
    with pytest.raises(BuildError, match="headers of an entry are too large"):
        add(source, target, "a.tar", "/x/", owner=ME)


def test_headers_may_not_take_quadratic_time(source: Path, target: Path) -> None:
    first = packed([member("first", b"")], tarfile.GNU_FORMAT)[:512]
    slow = header(b"f", b"%011o\0" % (1 << 19), b"x") + b"1" * (1 << 19)
    (source / "a.tar").write_bytes(first + slow)
    start = time.monotonic()
    with pytest.raises(BuildError, match="the archive is damaged"):
        add(source, target, "a.tar", "/x/", owner=ME)
    assert time.monotonic() - start < 5


def test_endless_headers(source: Path, target: Path) -> None:
    first = packed([member("first", b"")], tarfile.GNU_FORMAT)[:512]
    block = b"11 path=abc\n"
    one = header(b"p", b"%011o\0" % len(block), b"x") + block.ljust(512, b"\0")
    (source / "a.tar").write_bytes(first + one * 3000)
    with pytest.raises(BuildError, match="the archive is damaged"):
        add(source, target, "a.tar", "/x/", owner=ME)

"""Random archives, whole and damaged: our errors only, and nothing outside is ever touched."""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rootbuild.errors import RootbuildError
from rootbuild.files.owner import Owner
from tests.files.archives import Member, add, member, packed

ME = Owner(os.geteuid(), os.getegid())

NAMES = st.sampled_from(["a", "b", "c", "..", ".", "", "outside", "l", "\udce9"])
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
TARGETS = st.one_of(
    PATHS, st.sampled_from(["/", "/etc", "..", "../..", "../../outside", "../../../outside/f"])
)
TYPES = st.sampled_from(
    [
        *(tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE),
        *(tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE),
    ]
)
ENTRIES = st.lists(
    st.tuples(PATHS, TYPES, TARGETS, st.integers(0, 0o7777), st.binary(max_size=700)), max_size=12
)
FORMATS = st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
DAMAGE = st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 255)), max_size=8)

FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def members(entries: list[tuple[str, bytes, str, int, bytes]]) -> list[Member]:
    return [
        member(
            name,
            content if kind in tarfile.REGULAR_TYPES else b"",
            kind,
            linkname=target,
            mode=mode,
        )
        for name, kind, target, mode, content in entries
    ]


def attempt(data: bytes, *, over: bool, base: Path) -> None:
    """Add an archive into /x of a target beside which something is that must not change."""
    for name in ("source", "target/x/l", "target/etc", "outside"):
        (base / name).mkdir(parents=True)
    (base / "target/x/b").symlink_to("../etc")
    (base / "target/x/c").symlink_to(base / "outside")
    (base / "source/a").write_bytes(data)
    before = outside(base)
    with suppress(RootbuildError):
        add(base / "source", base / "target", "a", "/x/", owner=ME, link=over)
    assert outside(base) == before


def outside(base: Path) -> list[tuple[str, int, int, int]]:
    """All but what is below the destination."""
    found = []
    for path in sorted([base, *base.rglob("*")]):
        if not path.is_relative_to(base / "target"):
            status = path.lstat()
            found.append((str(path), status.st_mode, status.st_mtime_ns, status.st_nlink))
    for path in [base / "target/etc", *(base / "target/etc").rglob("*")]:
        status = path.lstat()
        found.append((str(path), status.st_mode, status.st_mtime_ns, status.st_nlink))
    return found


@FUZZ
@given(entries=ENTRIES, format=FORMATS, over=st.booleans())
def test_archives_that_say_anything(
    entries: list[tuple[str, bytes, str, int, bytes]], format: int, over: bool
) -> None:
    with tempfile.TemporaryDirectory() as base:
        attempt(packed(members(entries), format), over=over, base=Path(base))


@FUZZ
@given(entries=ENTRIES, format=FORMATS, damage=DAMAGE, end=st.integers(0, 1 << 14))
def test_damaged_archives(
    entries: list[tuple[str, bytes, str, int, bytes]],
    format: int,
    damage: list[tuple[int, int]],
    end: int,
) -> None:
    data = bytearray(packed(members(entries), format))
    for place, value in damage:
        header = place - place % 512
        data[place % len(data)] = value
        _sign(data, header % len(data))
    with tempfile.TemporaryDirectory() as base:
        attempt(bytes(data[: max(end, 512)]), over=False, base=Path(base))


@FUZZ
@given(entries=ENTRIES, damage=DAMAGE, end=st.integers(0, 1 << 14))
def test_damaged_compression(
    entries: list[tuple[str, bytes, str, int, bytes]], damage: list[tuple[int, int]], end: int
) -> None:
    data = bytearray(gzip.compress(packed(members(entries))))
    for place, value in damage:
        data[3 + place % (len(data) - 3)] = value
    with tempfile.TemporaryDirectory() as base:
        attempt(bytes(data[: max(end, 30)]), over=False, base=Path(base))


@FUZZ
@given(start=st.sampled_from([b"", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0"]), data=st.binary())
def test_bytes(start: bytes, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as base:
        attempt(start + data, over=False, base=Path(base))


def _sign(data: bytearray, start: int) -> None:
    """A checksum that fits what was changed, so that it is looked at any further."""
    block = data[start : start + 512]
    if len(block) == 512:
        block[148:156] = b" " * 8
        data[start + 148 : start + 156] = b"%06o\0 " % sum(block)

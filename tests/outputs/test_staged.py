"""Exports appear as a whole or not at all."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

import pytest

from rootbuild.errors import HostError
from rootbuild.outputs.failure import check_place, unwritable
from rootbuild.outputs.staged import staged_file, staged_folder


class Stop(Exception):  # noqa: N818 - as if somebody had pressed Ctrl-C
    pass


def _write(dest: Path, data: bytes, *, fail: bool = False) -> None:
    with staged_file(dest) as descriptor:
        os.write(descriptor, data)
        if fail:
            raise Stop


@pytest.fixture(params=[True, False], ids=["nameless", "named"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filesystems that know files without names, and others."""
    if not request.param:
        monkeypatch.setattr(os, "O_TMPFILE", os.O_DIRECTORY)


@pytest.mark.usefixtures("way")
def test_a_file(tmp_path: Path) -> None:
    dest = tmp_path / "out"
    _write(dest, b"one")
    assert dest.read_bytes() == b"one"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(dest.stat().st_mode) == 0o666 & ~mask
    dest.chmod(0o600)
    _write(dest, b"two")
    assert (dest.read_bytes(), stat.S_IMODE(dest.stat().st_mode)) == (b"two", 0o600)
    with pytest.raises(Stop):
        _write(dest, b"three", fail=True)
    assert dest.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.usefixtures("way")
def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link").symlink_to("real")
    _write(tmp_path / "link", b"through")
    assert (tmp_path / "real").read_bytes() == b"through"
    assert (tmp_path / "link").is_symlink()
    _write(Path("/dev/null"), b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(FileNotFoundError):
        _write(tmp_path / "missing/out", b"")
    with pytest.raises(OSError, match="No space"):
        _write(Path("/dev/full"), b"full")


def _tree(folder: Path, **files: str) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def _found(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _stopped(dest: Path) -> None:
    with staged_folder(dest, delete=True) as place:
        _tree(place, x="new", y="new")
        raise Stop


def test_a_new_folder(tmp_path: Path) -> None:
    dest = tmp_path / "a/b/out"
    with pytest.raises(Stop):
        _stopped(dest)
    assert os.listdir(tmp_path) == []
    with staged_folder(dest) as place:
        _tree(place, x="1", d__y="2")
    assert _found(dest) == {"x": "1", "d/y": "2"}
    assert sorted(os.listdir(dest)) == ["d", "x"]


def test_folders_are_put_together(tmp_path: Path) -> None:
    _tree(tmp_path, x="old", d__kept="old", d__y="old", file__was__folder="old", z="old")
    (tmp_path / "outside").mkdir()
    (tmp_path / "to").symlink_to("outside")
    with staged_folder(tmp_path) as place:
        _tree(place, x="new", d__y="new", file="new", z__now="folder", to__in="new")
        (place / "d").chmod(0o700)
    assert _found(tmp_path) == {
        "x": "new", "d/kept": "old", "d/y": "new", "file": "new", "z/now": "folder", "to/in": "new",
    }  # fmt: skip
    assert os.listdir(tmp_path / "outside") == []
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o700


def test_nothing_is_touched_before_all_is_there(tmp_path: Path) -> None:
    _tree(tmp_path, x="old")
    with pytest.raises(Stop):
        _stopped(tmp_path)
    assert os.listdir(tmp_path) == ["x"]
    assert (tmp_path / "x").read_text() == "old"


def test_delete_mode(tmp_path: Path) -> None:
    _tree(tmp_path, x="old", gone="old", d__gone="old", d__y="old", e__gone="old")
    (tmp_path / "link").symlink_to("/")
    with staged_folder(tmp_path, delete=True) as place:
        _tree(place, x="new", d__y="new")
    assert _found(tmp_path) == {"x": "new", "d/y": "new"}
    assert sorted(os.listdir(tmp_path)) == ["d", "x"]


def test_what_killed_exports_left(tmp_path: Path) -> None:
    """A folder that nobody holds a lock on is removed; another build's is not."""
    left, busy = tmp_path / ".rootbuild-export-left", tmp_path / ".rootbuild-export-busy"
    _tree(left, x="1")
    _tree(busy, x="1")
    descriptor = os.open(busy, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with staged_folder(tmp_path) as place:
            _tree(place, y="2")
    finally:
        os.close(descriptor)
    assert sorted(os.listdir(tmp_path)) == [busy.name, "y"]


def test_several_at_once(tmp_path: Path) -> None:
    with staged_folder(tmp_path) as one, staged_folder(tmp_path) as two:
        _tree(one, a="1", d__a="1")
        _tree(two, a="2", d__b="2")
    assert _found(tmp_path) == {"a": "1", "d/a": "1", "d/b": "2"}


def test_messages(tmp_path: Path) -> None:
    full = unwritable(tmp_path / "x", OSError(28, "No space left on device"))
    assert full.id == "no-space"
    assert str(tmp_path) in full.report.hint
    with pytest.raises(HostError, match="No such file") as caught:
        check_place(tmp_path / "missing/out.tar")
    assert f"mkdir -p {tmp_path}/missing" in caught.value.report.hint
    check_place(tmp_path / "missing/out", folder=True)
    check_place(Path("/dev/null"))

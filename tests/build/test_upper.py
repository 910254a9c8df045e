"""The size of a container's own layer, found by its mount."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.build import upper
from rootbuild.build.upper import changed_bytes, has_hard_links, upper_folder

LINE = "{} 171 0:39 / {} rw,relatime - {} {} rw,lowerdir=/l/A:/l/B,upperdir={},workdir=/w,userxattr"


def line(point: str, folder: str, kind: str = "overlay") -> str:
    return LINE.format(174, point, kind, kind, folder)


def test_the_folder_of_a_mount() -> None:
    mounts = "\n".join(
        [
            "21 1 8:1 / / rw shared:1 - ext4 /dev/sda rw",
            line("/store/one/merged", "/store/one/diff"),
            line("/store/with\\040space/merged", "/store/with\\040space/diff"),
            line("/store/twice", "/store/below/diff"),
            line("/store/twice", "/store/top/diff"),
        ]
    )
    assert upper_folder(mounts, Path("/store/one/merged")) == Path("/store/one/diff")
    assert upper_folder(mounts, Path("/store/with space/merged")) == Path("/store/with space/diff")
    assert upper_folder(mounts, Path("/store/twice")) == Path("/store/top/diff")
    assert upper_folder(mounts, Path("/store/one")) is None
    assert upper_folder(mounts, Path("/")) is None


def test_other_kinds_of_mounts() -> None:
    mounts = line("/x", "/diff", "fuse.fuse-overlayfs")
    assert upper_folder(mounts, Path("/x")) is None
    read_only = "174 171 0:39 / /y ro - overlay overlay ro,lowerdir=/l/A:/l/B"
    assert upper_folder(read_only, Path("/y")) is None


def test_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the disk: holes take no room, and a file with two names takes it once."""
    diff = tmp_path / "diff"
    (diff / "deep").mkdir(parents=True)
    (diff / "deep/file").write_bytes(os.urandom(100_000))
    os.link(diff / "deep/file", diff / "again")
    with (diff / "hole").open("wb") as stream:
        stream.truncate(1 << 30)
    (diff / "link").symlink_to("/")
    mounts = tmp_path / "mounts"
    mounts.write_text(line("/x", str(diff)))
    monkeypatch.setattr(upper, "MOUNTS", mounts)
    size = changed_bytes(Path("/x"))
    assert size is not None
    assert 100_000 <= size < 200_000
    assert changed_bytes(Path("/other")) is None


def test_a_folder_that_cannot_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(line("/x", str(tmp_path / "elsewhere")))
    monkeypatch.setattr(upper, "MOUNTS", mounts)
    assert changed_bytes(Path("/x")) is None


def test_files_with_several_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    diff = tmp_path / "diff"
    (diff / "deep").mkdir(parents=True)
    (diff / "deep/file").write_text("content")
    mounts = tmp_path / "mounts"
    mounts.write_text(line("/x", str(diff)))
    monkeypatch.setattr(upper, "MOUNTS", mounts)
    assert not has_hard_links(Path("/x"))
    os.link(diff / "deep/file", diff / "again")
    assert has_hard_links(Path("/x"))
    assert not has_hard_links(Path("/other"))

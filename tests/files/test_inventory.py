"""What is noted of single files, and what is made of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.context.directory import DirectoryContext
from rootbuild.files import inventory
from rootbuild.files.inventory import Difference, Inventory, differences
from rootbuild.files.selection import select


def packed(folder: Path, *sources: str, owners: bool = False) -> bytes:
    noted = Inventory()
    with DirectoryContext(folder) as tree:
        with_it = select(tree, sources).digest(None, owners=owners, inventory=noted)
        assert with_it == select(tree, sources).digest(None, owners=owners)
    found = noted.pack()
    assert found is not None
    return found


def test_paths_are_those_in_the_tree(tmp_path: Path) -> None:
    (tmp_path / "src/deep").mkdir(parents=True)
    (tmp_path / "src/deep/file").write_text("1")
    (tmp_path / "single").write_text("1")
    before = packed(tmp_path, "src", "single")
    (tmp_path / "src/deep/file").write_text("2")
    (tmp_path / "single").write_text("2")
    found = list(differences(before, packed(tmp_path, "src", "single")))
    assert found == [Difference("single", "content"), Difference("src/deep/file", "content")]


def test_all_kinds_of_differences(tmp_path: Path) -> None:
    for name in ("same", "mode", "gone"):
        (tmp_path / name).write_text("1")
    (tmp_path / "link").symlink_to("same")
    (tmp_path / "odd\udcff\nname").write_text("1")
    (tmp_path / "to-folder").write_text("1")
    before = packed(tmp_path, ".")
    (tmp_path / "mode").chmod(0o755)
    (tmp_path / "gone").unlink()
    (tmp_path / "new").write_text("1")
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("mode")
    (tmp_path / "odd\udcff\nname").write_text("2")
    (tmp_path / "to-folder").unlink()
    (tmp_path / "to-folder").mkdir()
    assert list(differences(before, packed(tmp_path, "."))) == [
        Difference("gone", "gone"),
        Difference("link", "content"),
        Difference("mode", "attributes", "100000 644 ", "100000 755 "),
        Difference("new", "new"),
        Difference("odd\udcff\nname", "content"),
        Difference("to-folder", "content"),
    ]


def test_owners_where_they_count(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1")
    uid, gid = os.getuid(), os.getgid()
    kept = Inventory()
    kept.add("file", f"100000 644 {uid + 1}:{gid}", b"x")
    other = Inventory()
    other.add("file", f"100000 644 {uid}:{gid}", b"x")
    (found,) = differences(kept.pack() or b"", other.pack() or b"")
    assert found.kind == "attributes"
    assert packed(tmp_path, "file", owners=True) != packed(tmp_path, "file")


def test_equal_ones(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1")
    assert list(differences(packed(tmp_path, "."), packed(tmp_path, "."))) == []


def test_nothing_at_all(tmp_path: Path) -> None:
    before = packed(tmp_path, ".")
    (tmp_path / "file").write_text("1")
    assert list(differences(before, packed(tmp_path, "."))) == [Difference("file", "new")]


def test_too_many_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MOST_ENTRIES", 2)
    noted = Inventory()
    for number in range(2):
        noted.add(str(number), "", b"")
    assert noted.pack() is not None
    noted.add("2", "", b"")
    assert noted.pack() is None

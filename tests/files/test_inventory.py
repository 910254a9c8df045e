"""Inventories: what they tell of changes, and how small they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rootbuild.context.directory import DirectoryContext
from rootbuild.files import inventory as module
from rootbuild.files.inventory import FileChange, Inventory, changes
from rootbuild.files.selection import select


def taken(folder: Path, *sources: str, owners: bool = False) -> tuple[str, bytes]:
    """The digest of what a COPY takes, and its inventory."""
    inventory = Inventory()
    with DirectoryContext(folder) as tree:
        selection = select(tree, sources)
        digest = selection.digest(None, owners=owners, inventory=inventory)
        assert digest == selection.digest(None, owners=owners), "it changes nothing"
    return digest, inventory.finish()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src" / "below").mkdir(parents=True)
    for name in ("src/a", "src/below/b", "c"):
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(0o644)
    (tmp_path / "src" / "link").symlink_to("a")
    return tmp_path


def relink(path: Path, target: str) -> None:
    path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda top: (top / "src/a").write_text("other"), [FileChange("src/a", "content")]),
        (lambda top: (top / "c").write_text("C"), [FileChange("c", "content")]),
        (lambda top: (top / "src/below/b").chmod(0o755), [FileChange("src/below/b", "mode")]),
        (lambda top: (top / "src/below").chmod(0o700), [FileChange("src/below", "mode")]),
        (lambda top: (top / "src/new").touch(), [FileChange("src/new", "new")]),
        (lambda top: (top / "src/a").unlink(), [FileChange("src/a", "gone")]),
        (lambda top: relink(top / "src/link", "below"), [FileChange("src/link", "content")]),
        (lambda top: relink(top / "src/a", "below"), [FileChange("src/a", "kind")]),
        (
            lambda top: (top / "src/a").rename(top / "src/z"),
            [FileChange("src/a", "gone"), FileChange("src/z", "new")],
        ),
        (lambda top: os.utime(top / "c", (1, 1)), []),
    ],
    ids=[
        *("content", "single file", "mode", "folder's mode", "new", "gone", "link", "kind"),
        *("renamed", "touched"),
    ],
)
def test_changes(
    folder: Path, change: Callable[[Path], object], expected: list[FileChange]
) -> None:
    old, before = taken(folder, "src", "c")
    change(folder)
    new, after = taken(folder, "src", "c")
    assert list(changes(before, after)) == expected
    assert (old == new) == (not expected)


def test_names_that_are_no_text(folder: Path) -> None:
    _, before = taken(folder, "src")
    (folder / os.fsdecode(b"src/\xff\n")).touch()
    (change,) = changes(before, taken(folder, "src")[1])
    assert change.text == "src/�\\n is new"


def test_an_empty_one(folder: Path) -> None:
    (folder / "empty").mkdir()
    _, nothing = taken(folder, "empty")
    (folder / "empty" / "a").touch()
    assert changes(nothing, nothing) == ()
    assert [each.what for each in changes(nothing, taken(folder, "empty")[1])] == ["new"]


def test_too_many_entries_are_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 3)
    assert taken(folder, "src")[1] == b""
    assert taken(folder, "c")[1] != b""


def test_it_is_small() -> None:
    """A few bytes for each of many files."""
    inventory = Inventory()
    for number in range(20_000):
        parts = ("src", f"package{number // 50}", f"Module{number}.java")
        inventory.add(parts, "100000", "644", "", b"%d" % number)
    assert len(inventory.finish()) < 20_000 * 30

"""What it takes to see that many files have not changed; counted, as times are the machine's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from rootbuild.context.directory import DirectoryContext
from rootbuild.dockerfile.ignore import Matcher
from rootbuild.files.digest import StatKey
from rootbuild.files.selection import select

FILES = 20
"""In each directory."""


class Known:
    """Knows the digest of every file, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def get(self, keys: Sequence[StatKey]) -> list[str | None]:
        self.asked += 1
        return ["digest"] * len(keys)

    def put(self, key: StatKey, digest: str) -> None:
        raise AssertionError(key)


class Calls:
    """Counts system calls: what is opened, and which directories are listed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = self.listed = 0
        self._open, self._scandir = os.open, os.scandir
        monkeypatch.setattr(os, "open", self.open)
        monkeypatch.setattr(os, "scandir", self.scandir)

    def open(self, path: str, flags: int, *, dir_fd: int | None = None) -> int:
        self.opened += 1
        assert flags & os.O_DIRECTORY, f"{path} is read"
        return self._open(path, flags, dir_fd=dir_fd)

    def scandir(self, directory: int) -> object:
        self.listed += 1
        return self._scandir(directory)


def make(root: Path, directories: int) -> None:
    for number in range(directories):
        folder = root / f"a{number % 5}" / f"b{number}"
        folder.mkdir(parents=True)
        for name in range(FILES):
            (folder / f"{name}.txt").touch()


def counted(
    root: Path, monkeypatch: pytest.MonkeyPatch, patterns: Sequence[str] = ()
) -> tuple[int, int, int]:
    """(opened, listed, asked) for a digest of all."""
    known = Known()
    with DirectoryContext(root, Matcher(patterns)) as tree, monkeypatch.context() as patch:
        calls = Calls(patch)
        select(tree, ["."]).digest(known, owners=False)
    return calls.opened, calls.listed, known.asked


def test_directories_are_listed_once_and_no_file_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, 100)
    opened, listed, asked = counted(tmp_path, monkeypatch)
    assert listed == 1 + 5 + 100
    assert opened <= 2 * listed
    assert asked == -(-(100 * FILES + 105) // 500)


def test_it_grows_in_proportion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "small", 20)
    make(tmp_path / "large", 200)
    small = counted(tmp_path / "small", monkeypatch)
    large = counted(tmp_path / "large", monkeypatch)
    assert all(many <= 10 * few for few, many in zip(small, large, strict=True))


def test_what_is_ignored_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "src", 10)
    before = counted(tmp_path, monkeypatch, ["node_modules", "!node_modules.txt", "**/*.pyc"])
    make(tmp_path / "node_modules", 200)
    after = counted(tmp_path, monkeypatch, ["node_modules", "!node_modules.txt", "**/*.pyc"])
    assert after == before

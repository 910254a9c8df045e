"""What is remembered for explanations stays small."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.cache import records as module
from rootbuild.cache.database import open_cache
from rootbuild.cache.records import Records


def test_the_newest_of_a_stage(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with open_cache(path) as cache:
        records = Records(cache)
        for number in range(5):
            records.remember_stage("a", b"%d" % number)
        records.remember_stage("b", b"other")
    with open_cache(path) as cache:
        assert Records(cache).stage("a") == [b"4", b"3", b"2"]
        assert Records(cache).stage("b") == [b"other"]
        assert Records(cache).stage("c") == []


def test_the_newest_of_all_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OF_ALL_STAGES", 4)
    with open_cache(tmp_path / "cache.db") as cache:
        records = Records(cache)
        for number in range(9):
            records.remember_stage(f"s{number}", b"x")
        kept = [number for number in range(9) if records.stage(f"s{number}")]
        assert kept == [5, 6, 7, 8]


def test_inventories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest make room; one that would push out most others is not kept."""
    monkeypatch.setattr(module, "INVENTORY_BYTES", 100)
    with open_cache(tmp_path / "cache.db") as cache:
        records = Records(cache)
        for name in "abcdefg":
            records.remember_inventory(name, b"x" * 20)
        kept = [name for name in "abcdefg" if records.inventory(name) == b"x" * 20]
        assert kept == ["c", "d", "e", "f", "g"]
        records.remember_inventory("large", b"x" * 26)
        assert records.inventory("large") is None
        assert records.inventory("c") is not None

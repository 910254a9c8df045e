"""Times of last use, and tables that do not grow for ever."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rootbuild.backend import Layers
from rootbuild.cache.database import FRESH_SECONDS, Cache, Snapshot, open_cache
from rootbuild.cache.upkeep import DEAD_SECONDS, KeptImage, kept_images, take_turn, tidy, touch

SIX = """
CREATE TABLE steps(
    key TEXT PRIMARY KEY, image TEXT NOT NULL, diff_ids TEXT NOT NULL, groups TEXT NOT NULL,
    used REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE files(
    device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY(device, inode)
) WITHOUT ROWID;
INSERT INTO steps VALUES('k', 'i', '["d"]', '[1]', 5.0);
PRAGMA user_version = 6;
"""


class Clock:
    def __init__(self) -> None:
        self.now = 1e9

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(time, "time", found.time)
    return found


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> Iterator[Cache]:
    with open_cache(tmp_path / "cache.db") as cache:
        yield cache


def snapshot(image: str) -> Snapshot:
    return Snapshot(Layers(image, ("d",)), (1,))


def changes(cache: Cache) -> int:
    with cache.changing() as database:
        return database.total_changes


def test_a_time_of_use_is_noted_once_a_day(cache: Cache, clock: Clock) -> None:
    cache.remember_step("k", snapshot("i"))
    cache.remember_image("f", "j")
    before = changes(cache)
    clock.now += FRESH_SECONDS / 2
    touch(cache, ["k", "unknown"])
    assert changes(cache) == before
    clock.now += FRESH_SECONDS
    touch(cache, ["k"])
    assert {image.image: image.used for image in kept_images(cache)} == dict.fromkeys(
        "ij", clock.now
    )
    assert changes(cache) == before + 2


def test_a_time_to_come_is_mended(cache: Cache, clock: Clock) -> None:
    cache.remember_step("k", snapshot("i"))
    clock.now -= 2 * FRESH_SECONDS
    touch(cache, ["k"])
    assert kept_images(cache)[0].used == clock.now


def test_many_keys(cache: Cache, clock: Clock) -> None:
    cache.remember_step("k1999", snapshot("i"))
    clock.now += 2 * FRESH_SECONDS
    touch(cache, [f"k{number}" for number in range(2000)])
    assert kept_images(cache)[0].used == clock.now


def test_a_memo_is_of_no_use_once_a_day(cache: Cache, clock: Clock) -> None:
    cache.remember_memo("k", "memo")
    clock.now += FRESH_SECONDS - 1
    assert cache.memo("k") == "memo"
    clock.now += 2
    assert cache.memo("k") is None
    cache.remember_memo("k", "memo")
    assert cache.memo("k") == "memo"


def test_an_image_is_listed_once(cache: Cache, clock: Clock) -> None:
    cache.remember_step("one", snapshot("i"), "[1/2] RUN a")
    clock.now += 1
    cache.remember_step("two", snapshot("i"))
    cache.remember_image("three", "i")
    cache.remember_image("four", "j")
    assert sorted(kept_images(cache), key=lambda image: image.image) == [
        KeptImage("i", clock.now, "[1/2] RUN a", step=True, finished=True),
        KeptImage("j", clock.now, "", step=False, finished=True),
    ]


def test_rows_without_an_image_go_after_a_while(cache: Cache, clock: Clock) -> None:
    cache.remember_step("gone", snapshot("i"))
    cache.remember_step("there", snapshot("j"))
    tidy(cache, {"j"})
    assert cache.step("gone") is not None
    clock.now += DEAD_SECONDS + 1
    cache.remember_step("new", snapshot("i"))
    tidy(cache, {"j"})
    assert cache.step("gone") is None
    assert cache.step("there") is not None
    assert cache.step("new") is not None


def test_tables_have_an_end(cache: Cache, clock: Clock) -> None:
    for number in range(10):
        clock.now += 1
        cache.remember_memo(f"k{number}", "memo")
        cache.remember_content(f"k{number}", "digest")
    tidy(cache, (), {"memos": 3, "contents": 10})
    assert [n for n in range(10) if cache.memo(f"k{n}")] == [7, 8, 9]
    assert all(cache.content(f"k{n}") for n in range(10))


def test_files_have_an_end(tmp_path: Path, clock: Clock) -> None:
    states = [(1, inode, 0, 0, 0) for inode in range(10)]
    for half in (states[:5], states[5:]):
        clock.now += 1
        with open_cache(tmp_path / "files.db") as cache:
            for state in half:
                cache.remember_file(state, "digest")
    with open_cache(tmp_path / "files.db") as cache:
        tidy(cache, (), {"files": 7})
        found = cache.file_digests(states)
    assert found[5:] == ["digest"] * 5
    assert found.count(None) == 3


def test_turns(cache: Cache, clock: Clock) -> None:
    assert take_turn(cache, "x", 60)
    assert not take_turn(cache, "x", 60)
    assert take_turn(cache, "y", 60)
    clock.now += 61
    assert take_turn(cache, "x", 60)
    clock.now -= 1000  # set back: the time that is noted lies in the future
    assert take_turn(cache, "x", 60)


def test_the_version_before_is_changed_in_place(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    index = sqlite3.connect(path)
    index.executescript(SIX)
    index.close()
    with open_cache(path) as cache:
        assert kept_images(cache) == [KeptImage("i", 5.0)]
        cache.remember_file((1, 2, 3, 4, 5), "digest")
    with open_cache(path) as cache:
        assert cache.file_digests([(1, 2, 3, 4, 5)]) == ["digest"]
        assert take_turn(cache, "x", 60)

from __future__ import annotations

import itertools
import sqlite3
import stat
import time
from pathlib import Path

import pytest

from rootbuild.backend import Layers
from rootbuild.cache import database
from rootbuild.cache.database import RUNS_PER_STAGE, Snapshot, open_cache
from rootbuild.errors import HostError

SNAPSHOT = Snapshot(Layers("image", ("sha256:a", "sha256:b")), (1, 3))


def test_what_is_remembered_is_there_for_the_next_build(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "cache.db"
    with open_cache(path) as cache:
        assert cache.step("k") is None
        cache.remember_step("k", SNAPSHOT)
        cache.remember_image("i", "id")
        cache.remember_content("c", "digest")
        cache.remember_memo("m", "memo")
        cache.remember_memo("m", "newer memo")
    with open_cache(path) as cache:
        assert cache.step("k") == SNAPSHOT
        assert cache.image("i") == "id"
        assert cache.content("c") == "digest"
        assert cache.image("k") is None
        assert cache.memo("m") == "newer memo"
        assert cache.memo("k") is None


def test_answers_are_noted(tmp_path: Path) -> None:
    with open_cache(tmp_path / "cache.db") as cache:
        cache.remember_image("k", "id")
        cache.remember_content("k", "digest")
        assert (cache.image("k"), cache.content("k"), cache.content("x")) == ("id", "digest", None)
        assert cache.answers == {("images", "k"): "id", ("contents", "k"): "digest"}
        cache.remember_image("k", "other")
        assert cache.answer("images", "k") == "other"
        assert cache.answers["images", "k"] == "other"


def test_only_its_owner_may_look_into_the_folder(tmp_path: Path) -> None:
    with open_cache(tmp_path / "mine" / "cache.db"):
        assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o700


def test_two_builds_at_once(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with open_cache(path) as one, open_cache(path) as two:
        one.remember_image("k", "1")
        assert two.image("k") == "1"
        two.remember_image("k", "2")
        assert one.image("k") == "2"


@pytest.mark.parametrize("content", [b"this is no database at all, " * 100, b"\0" * 5000])
def test_a_damaged_index_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cache.db"
    path.write_bytes(content)
    with open_cache(path) as cache:
        cache.remember_step("k", SNAPSHOT)
        assert cache.step("k") == SNAPSHOT


def test_an_index_of_another_version_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    index = sqlite3.connect(path)
    index.execute("PRAGMA user_version = 999")
    index.close()
    with open_cache(path) as cache:
        cache.remember_image("k", "1")
        assert cache.image("k") == "1"


def test_files_are_known_in_one_state_each(tmp_path: Path) -> None:
    """Numbers of devices and inodes may use all of 64 bits."""
    largest = (1 << 64) - 1
    states = [(1, 2, 3, 4, 5), (1, largest, 3, 4, 5), (largest, 2, 3, 4, 5)]
    path = tmp_path / "cache.db"
    with open_cache(path) as cache:
        for digest, state in enumerate(states):
            cache.remember_file(state, str(digest))
    with open_cache(path) as cache:
        assert cache.file_digests(states[::-1]) == ["2", "1", "0"]
        others = [(1, 2, *rest) for rest in ((9, 4, 5), (3, 9, 5), (3, 4, 9))]
        assert cache.file_digests([*others, states[0], (2, 2, 3, 4, 5)]) == [*[None] * 3, "0", None]
        assert cache.file_digests([]) == []
        cache.remember_file(others[0], "new")
    with open_cache(path) as cache:
        assert cache.file_digests([states[0], others[0]]) == [None, "new"]


def test_many_files_are_looked_up_by_one_query(tmp_path: Path) -> None:
    queries: list[str] = []
    states = [(1, inode, 3, 4, 5) for inode in range(900)]
    with open_cache(tmp_path / "cache.db") as cache:
        cache._database.set_trace_callback(queries.append)
        assert cache.file_digests(states) == [None] * 900
        assert len(queries) == 1


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(HostError, match="cannot keep a cache") as caught,
        open_cache(tmp_path / "file" / "cache.db"),
    ):
        pass
    assert caught.value.id == "cache-folder"
    assert "XDG_CACHE_HOME" in caught.value.report.hint


class TestForExplanations:
    """What is kept of builds to explain later ones, and how much of it."""

    def test_the_latest_runs_of_a_stage(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = itertools.count()
        monkeypatch.setattr(time, "time", lambda: float(next(clock)))
        with open_cache(tmp_path / "cache.db") as cache:
            for number in range(RUNS_PER_STAGE + 2):
                cache.remember_run("stage", f"key {number}", b"%d" % number)
            cache.remember_run("stage", f"key {RUNS_PER_STAGE}", b"again")
            cache.remember_run("other", "key", b"other")
            assert cache.runs("stage") == [b"again", b"4", b"2"]
            assert cache.runs("other") == [b"other"]
            assert cache.runs("unknown") == []

    def test_not_too_many_in_all(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "MOST_RUNS", 4)
        with open_cache(tmp_path / "cache.db") as cache:
            for number in range(9):
                cache.remember_run(f"stage {number}", "key", b"x")
            assert [len(cache.runs(f"stage {number}")) for number in range(9)] == [0] * 5 + [1] * 4

    def test_inventories_have_a_limit_in_bytes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Those that were of use last stay."""
        monkeypatch.setattr(database, "MOST_INVENTORY_BYTES", 250)
        with open_cache(tmp_path / "cache.db") as cache:
            cache.remember_inventory("a", b"a" * 100)
            cache.remember_inventory("b", b"b" * 100)
            cache.remember_inventory("a", None)
            cache.remember_inventory("c", b"c" * 100)
            assert cache.inventory("b") is None
            assert cache.inventory("a") == b"a" * 100
            assert cache.inventory("c") == b"c" * 100
            cache.remember_inventory("large", b"x" * 251)
            assert cache.inventory("large") is None

    def test_a_full_disk_is_no_failure(self, tmp_path: Path) -> None:
        with open_cache(tmp_path / "cache.db") as cache:
            cache._database.execute("PRAGMA max_page_count = 1")
            cache.remember_run("stage", "key", b"x" * 100000)
            cache.remember_inventory("a", b"x" * 100000)
            assert cache.runs("stage") == []
            assert cache.inventory("a") is None
            with pytest.raises(sqlite3.OperationalError):
                cache.remember_image("k" * 100000, "1")

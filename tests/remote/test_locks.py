"""Entries that are removed while others use them, wait for them, or have just left them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from rootbuild.remote.locks import busy, discard, entries, held, locked, shared
from rootbuild.remote.noted import note_use, noted

LONG_SECONDS = 20.0


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    path = tmp_path / "shelf" / "entry"
    (path / "content").mkdir(parents=True)
    (path / "content" / "file").write_text("x")
    return path


def test_what_nobody_holds_goes(entry: Path) -> None:
    assert not busy([entry])
    assert discard(entry, [entry])
    assert list(entry.parent.iterdir()) == []


@pytest.mark.parametrize("hold", [shared, locked, lambda entry: held(entry / "content")])
def test_what_somebody_holds_stays(entry: Path, hold: object) -> None:
    assert callable(hold)
    with hold(entry):
        assert busy([entry])
        assert not discard(entry, [entry])
    assert (entry / "content" / "file").read_text() == "x"
    assert not busy([entry])


def test_locks_inside_of_an_entry(entry: Path) -> None:
    inside = [entry / "trees", entry / "repository"]
    with locked(inside[1]):
        assert not discard(entry, inside)
    assert discard(entry, inside)
    assert not entry.exists()


def test_who_waits_gets_a_new_one(entry: Path) -> None:
    """It must not work in a folder that is gone."""
    got = threading.Event()

    def wait() -> None:
        with locked(entry):
            (entry / "new").touch()
            got.set()

    with shared(entry):
        thread = threading.Thread(target=wait)
        thread.start()
        entry.rename(entry.with_name("gone"))
    thread.join(LONG_SECONDS)
    assert got.is_set()
    assert [path.name for path in entry.iterdir()] == ["new"]


def test_what_a_killed_process_has_left_goes(entry: Path) -> None:
    (entry.parent / ".gone-x-1").mkdir()
    (entry.parent / "file").touch()
    assert entries(entry.parent) == [entry]
    assert not (entry.parent / ".gone-x-1").exists()
    assert entries(entry.parent / "none") == []


def test_what_is_noted(entry: Path) -> None:
    assert noted(entry) == {}
    before = entry.stat().st_mtime_ns
    note_use(entry, url="one")
    note_use(entry, url="two")
    assert noted(entry) == {"url": "one"}
    assert entry.stat().st_mtime_ns > before
    (entry / "about.json").write_text("[]")
    assert noted(entry) == {}

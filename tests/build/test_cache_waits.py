"""Steps that begin a cache mount together share it, whoever of them makes it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from rootbuild.build.halt import Halt
from rootbuild.build.mounts.cache import PAUSE_SECONDS, CacheFolders
from rootbuild.plan.mounts.cache import CacheMount
from rootbuild.remote.noted import note_use, noted

LONG_SECONDS = 5.0
MOUNT = CacheMount("/c", "/c", "shared", None, "/", None, read_only=False)


def test_two_steps_that_find_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them makes the data, and the other does not wait until the first has ended."""
    begun, together = threading.Barrier(2), threading.Barrier(2)
    seen: list[Path] = []

    def note(folder: Path, **about: str) -> None:
        begun.wait(LONG_SECONDS)
        note_use(folder, **about)

    def restore(_: str, folder: Path) -> bool:
        time.sleep(10 * PAUSE_SECONDS)  # the other has seen that there is nothing
        folder.mkdir()
        return True

    def step() -> None:
        with folders.held("x", MOUNT, None, fresh=False) as data:
            seen.append(data)
            together.wait(LONG_SECONDS)

    monkeypatch.setattr("rootbuild.build.mounts.cache.note_use", note)
    folders = CacheFolders(tmp_path, Halt(), restore)
    threads = [threading.Thread(target=step) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_SECONDS)
    assert not together.broken
    assert seen == [tmp_path / "x" / "data-0"] * 2
    assert noted(tmp_path / "x") == {"id": "/c", "target": "/c"}

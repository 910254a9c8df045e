"""Calls that another thread ends."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild.process import Finished, Waiting, waiting


class Caller:
    """A thread that makes one call."""

    def __init__(self, script: str, folder: Path, calls: Waiting | None) -> None:
        self.finished: Finished | None = None
        self._argv = ["sh", "-c", script, "sh", str(folder)]
        self._calls = calls
        self._thread = threading.Thread(target=self._call)
        self._thread.start()
        deadline = time.monotonic() + 10
        while not (folder / "up").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def _call(self) -> None:
        self.finished = process.call(self._argv, check=False, waiting=self._calls)

    def ended_by(self, calls: Waiting) -> int:
        """The status of the call, after it was ended again and again."""
        deadline = time.monotonic() + 20
        while self._thread.is_alive() and time.monotonic() < deadline:
            calls.end()
            self._thread.join(0.05)
        assert self.finished is not None
        return self.finished.status


def ended(status: Path) -> bool:
    """Whether a process is gone, or only waits to be reaped."""
    try:
        return status.read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_the_whole_group_ends(tmp_path: Path) -> None:
    calls = Waiting()
    script = 'sleep 600 & echo $! >"$1/below"; touch "$1/up"; wait'
    assert Caller(script, tmp_path, calls).ended_by(calls) == -signal.SIGTERM
    below = Path("/proc", (tmp_path / "below").read_text().strip(), "stat")
    deadline = time.monotonic() + 10
    while not ended(below):  # it was told to at the same time, and may take a moment longer
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_also_one_that_does_not_want_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "GRACE_SECONDS", 0.3)
    calls = Waiting()
    script = "trap '' TERM; touch \"$1/up\"; while :; do sleep 0.1; done"
    assert Caller(script, tmp_path, calls).ended_by(calls) == -signal.SIGKILL


def test_what_is_not_noted_goes_on(tmp_path: Path) -> None:
    """Clean-up is not ended; nor is what begins later."""
    calls = Waiting()
    script = 'touch "$1/up"; while [ ! -e "$1/go" ]; do sleep 0.01; done; exit 3'
    caller = Caller(script, tmp_path, None)
    calls.end()
    (tmp_path / "go").touch()
    assert caller.ended_by(Waiting()) == 3
    assert process.call(["true"], waiting=calls).status == 0

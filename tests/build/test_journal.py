"""The journal of running builds: what is cleaned up after whom."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rootbuild.build.journal import clean_up_after_killed, open_journal
from rootbuild.errors import EngineError, HostError
from tests.build.recorded import Machine, Site

ROOT = Path(__file__).parents[2]
BUILDER = """
import sys, time
from pathlib import Path
from rootbuild.build.journal import open_journal
with open_journal(Path(sys.argv[1])) as journal:
    print(journal.container(), journal.container(), flush=True)
    time.sleep(600)
"""

Killed = Callable[[], tuple[subprocess.Popen[str], list[str]]]


@pytest.fixture
def builder(tmp_path: Path) -> Iterator[Killed]:
    """Starts a process that has two containers in a journal; gives it and their names."""
    running = []

    def start() -> tuple[subprocess.Popen[str], list[str]]:
        process = subprocess.Popen(
            [sys.executable, "-c", BUILDER, str(tmp_path / "builds")],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().split()

    yield start
    for process in running:
        process.kill()
        process.communicate()


def noted(file: Path) -> list[str]:
    """The containers that a journal lists."""
    return [word for word in file.read_text().split() if not word.startswith("begun:")]


class Swept:
    """Takes the names of what has to be removed."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, names: Sequence[str]) -> None:
        self.names += names


def test_names_are_unique_and_noted_first(tmp_path: Path) -> None:
    with open_journal(tmp_path / "a" / "builds") as one, open_journal(tmp_path / "b") as two:
        names = [one.container(), one.container(), two.container()]
        assert len(set(names)) == 3
        (file,) = (tmp_path / "a" / "builds").iterdir()
        assert noted(file) == names[:2]
    assert not list((tmp_path / "a" / "builds").iterdir())


def test_a_killed_build_is_cleaned_up_after(tmp_path: Path, builder: Killed) -> None:
    process, names = builder()
    process.send_signal(signal.SIGKILL)
    process.wait()
    swept = Swept()
    clean_up_after_killed(tmp_path / "builds", swept)
    assert swept.names == names
    assert not list((tmp_path / "builds").iterdir())
    clean_up_after_killed(tmp_path / "builds", swept)
    assert swept.names == names


def test_a_live_build_is_left_alone(tmp_path: Path, builder: Killed) -> None:
    _, alive = builder()
    killed, names = builder()
    killed.kill()
    killed.wait()
    swept = Swept()
    clean_up_after_killed(tmp_path / "builds", swept)
    assert swept.names == names
    (left,) = (tmp_path / "builds").iterdir()
    assert noted(left) == alive


def test_a_build_sweeps_first(
    tmp_path: Path, builder: Killed, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path / "site", Machine())
    site.machine.fake(monkeypatch)
    site.build("FROM base\nRUN write a 1\n")
    site.journals.rmdir()
    killed, names = builder()
    killed.kill()
    killed.wait()
    (tmp_path / "builds").rename(site.journals)
    assert site.start(inside=False) is not None
    assert site.backend.calls == []  # a build with nothing to do does not even look
    site.build("FROM base\nRUN write a 2\n")
    assert site.backend.verbs()[0] == "sweep"
    assert list(site.backend.calls[0].arguments) == names
    assert site.count("sweep") == 1
    assert site.clean()


def test_what_could_not_be_removed_stays_written_down(tmp_path: Path, builder: Killed) -> None:
    killed, names = builder()
    killed.kill()
    killed.wait()

    def refuse(_: Sequence[str]) -> None:
        raise EngineError("no", command="x", output="")

    with pytest.raises(EngineError):
        clean_up_after_killed(tmp_path / "builds", refuse)
    swept = Swept()
    clean_up_after_killed(tmp_path / "builds", swept)
    assert swept.names == names


def test_an_empty_journal_calls_nobody(tmp_path: Path) -> None:
    (tmp_path / "x.journal").touch()
    (tmp_path / "other").write_text("kept")
    swept = Swept()
    clean_up_after_killed(tmp_path, swept)
    assert swept.names == []
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_no_folder_yet(tmp_path: Path) -> None:
    clean_up_after_killed(tmp_path / "none", Swept())
    assert not (tmp_path / "none").exists()


def test_a_journal_is_never_seen_without_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another build that begins just before the lock is taken changes nothing."""
    real = fcntl.flock
    swept = Swept()

    def slow(stream: Any, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", real)
        clean_up_after_killed(tmp_path, swept)
        real(stream, operation)

    monkeypatch.setattr(fcntl, "flock", slow)
    with open_journal(tmp_path) as journal:
        name = journal.container()
        clean_up_after_killed(tmp_path, swept)
        assert swept.names == []
        (file,) = tmp_path.glob("*.journal")
        assert noted(file) == [name]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file", ["state", "state/builds"])
def test_a_folder_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """A file is in its place: that stops root too."""
    site = Site(tmp_path / "site", Machine())
    site.machine.fake(monkeypatch)
    (site.root / file).parent.mkdir(exist_ok=True)
    (site.root / file).write_text("in the way")
    with pytest.raises(HostError) as caught:
        site.build("FROM base\nRUN write a 1\n")
    assert caught.value.id == "state-folder"
    assert caught.value.report.hint
    assert site.backend.calls == []

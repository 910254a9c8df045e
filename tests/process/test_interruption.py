"""What becomes of programs when we are told to end: tried on a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Ends as the command line does: a signal is an exception, and clean-up follows.
PROGRAM = """
import signal, sys, time
from pathlib import Path
from rootbuild import process
from rootbuild.process import managed, spawned

folder = Path(sys.argv[1])
def end(number, _):
    raise KeyboardInterrupt
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, end)
managed.GRACE_SECONDS = spawned.GRACE_SECONDS = float(sys.argv[3])
def stopped():
    (folder / "stopped").touch()
step = ["sh", "-c", sys.argv[4], "sh", str(folder)]
try:
    match sys.argv[2]:
        case "call":
            process.call(step, stop=stopped)
        case "run":
            process.run(step, stop=stopped)
        case "background":
            with process.background(step):
                time.sleep(600)
        case "foreground":
            (folder / "code").write_text(str(process.foreground(step)))
except KeyboardInterrupt:
    (folder / "unwound").touch()
    raise SystemExit(130)
"""
NOTE = 'echo $$ >"$1/pids"; sleep 600 & echo $! >>"$1/pids"; touch "$1/up"; '
POLITE = NOTE + "wait; sleep 600"
STUBBORN = "trap '' TERM INT HUP; " + NOTE + "wait; sleep 600"

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts PROGRAM and waits until its step is under way."""
    running = []

    def begin(way: str, step: str, grace: float = 5) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), way, str(grace), step],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        running.append(process)
        wait_for(lambda: (tmp_path / "up").exists())
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()
    for pid in pids(tmp_path):
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("way", ["call", "run", "background"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_whole_group_is_ended(
    start: Start, tmp_path: Path, way: str, number: signal.Signals
) -> None:
    process = start(way, POLITE)
    begin = time.monotonic()
    process.send_signal(number)
    assert process.wait(20) == 130
    assert time.monotonic() - begin < 4
    assert (tmp_path / "unwound").exists()
    ended(tmp_path)
    assert (tmp_path / "stopped").exists() == (way != "background")


@pytest.mark.parametrize("way", ["call", "run", "background"])
def test_a_signal_before_the_start_is_complete(start: Start, tmp_path: Path, way: str) -> None:
    """The program itself sends it, as the first that it does."""
    process = start(way, 'echo $$ >"$1/pids"; touch "$1/up"; kill -TERM $PPID; exec sleep 600')
    assert process.wait(20) == 130
    ended(tmp_path)


@pytest.mark.parametrize("way", ["call", "run", "background"])
def test_also_one_that_does_not_want_to(start: Start, tmp_path: Path, way: str) -> None:
    process = start(way, STUBBORN, grace=0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 130
    ended(tmp_path)


def test_foreground_hands_signals_on(start: Start, tmp_path: Path) -> None:
    """The program decides what its end is; we wait for it."""
    script = "trap 'exit 7' TERM; " + NOTE + "wait"
    process = start("foreground", script)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert (tmp_path / "code").read_text() == "7"


def test_foreground_leaves_ctrl_c_to_the_program(start: Start, tmp_path: Path) -> None:
    """The terminal sends it to the whole group; only we do not end by it."""
    script = "trap 'exit 8' INT; " + NOTE + "wait"
    process = start("foreground", script)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) == 0
    assert (tmp_path / "code").read_text() == "8"


def ended(folder: Path) -> None:
    """Check that no process of the step is left."""
    assert pids(folder)
    wait_for(lambda: not any(alive(pid) for pid in pids(folder)))


def pids(folder: Path) -> list[int]:
    path = folder / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits for its parent to look has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)

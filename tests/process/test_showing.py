"""Programs that only show something: they end with their reader, and by Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import signal, sys
from rootbuild import process

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    code = process.foreground(["sh", "-c", sys.argv[1]], shows=sys.argv[2] == "shows")
except (KeyboardInterrupt, BrokenPipeError) as error:
    sys.stderr.write(type(error).__name__)
else:
    sys.stderr.write(str(code))
"""


def start(script: str, kind: str = "shows") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, script, kind],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def ended(running: subprocess.Popen[bytes]) -> str:
    assert running.stderr is not None
    try:
        return os.fsdecode(running.stderr.read())
    finally:
        running.wait(20)


@pytest.mark.parametrize("script", ["exit 7", "echo x; exit 7"])
def test_it_ends_by_itself(script: str) -> None:
    with start(script) as running:
        assert ended(running) == "7"


@pytest.mark.parametrize("script", ["echo x; exec sleep 600", "exec 3<>/dev/stdout >&3; yes"])
def test_nobody_reads_any_more(script: str) -> None:
    with start(script) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert ended(running) == "BrokenPipeError"


@pytest.mark.parametrize(("kind", "end"), [("shows", "KeyboardInterrupt"), ("works", "1")])
def test_an_interrupt(kind: str, end: str) -> None:
    with start("trap 'exit 1' INT; echo x; while :; do sleep 0.1; done", kind) as running:
        assert running.stdout is not None
        running.stdout.readline()
        os.killpg(running.pid, signal.SIGINT)
        assert ended(running) == end

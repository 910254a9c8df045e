"""Telling programs that work from those that wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from rootbuild.process import Watch

Start = Callable[[Sequence[str]], None]

LOOP = "while :; do :; done"
# Its first thread waits for the second one.
THREAD = "import threading; threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()"
# What works has ended each time that somebody looks.
SHORT = "while sleep 0.01; do head -c 1000000 /dev/zero >/dev/null; done"


@pytest.fixture
def start() -> Iterator[Start]:
    running = []

    def begin(argv: Sequence[str]) -> None:
        running.append(subprocess.Popen(argv, start_new_session=True))

    yield begin
    for process in running:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def settled(watch: Watch, expected: int, *threads: int) -> bool:
    """Whether two looks in a row soon say so (a program that has just begun is busy)."""
    deadline, same = time.monotonic() + 10, 0
    while same < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
        found = watch.busy([threading.get_native_id(), *threads])
        same = same + 1 if found == expected else 0
    return same == 2


def test_what_has_just_begun_is_busy(start: Start) -> None:
    start(["sleep", "600"])
    assert Watch().busy([threading.get_native_id()]) == 1


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["sleep", "600"], 0),
        (["sh", "-c", "sleep 600 & sleep 600; wait"], 0),
        (["sh", "-c", LOOP], 1),
        (["sh", "-c", f"sleep 600 & sh -c '{LOOP}'; wait"], 1),
        (["sh", "-c", SHORT], 1),
        ([sys.executable, "-c", THREAD], 1),
    ],
    ids=["waits", "all below wait", "works", "one below works", "many short ones", "a thread"],
)
def test_who_works(start: Start, argv: Sequence[str], expected: int) -> None:
    watch = Watch()
    start(argv)
    assert settled(watch, expected)


def test_threads_are_counted_not_their_programs(start: Start) -> None:
    """Each by what it has started itself."""
    watch, done = Watch(), threading.Event()
    start(["sleep", "600"])
    start(["sh", "-c", f"sh -c '{LOOP}' & {LOOP}"])
    start(["sh", "-c", LOOP])

    def other() -> None:
        start(["sh", "-c", LOOP])
        done.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        assert thread.native_id is not None
        assert settled(watch, 1)
        assert settled(watch, 2, thread.native_id)
    finally:
        done.set()
        thread.join()

"""Telling programs that work from those that wait."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from rootbuild.process import Watch

Start = Callable[[Sequence[str]], int]

LOOP = "while :; do :; done"
# Its first thread waits for the second one.
THREAD = "import threading; threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()"
# What works has ended each time that somebody looks.
SHORT = "while sleep 0.01; do head -c 1000000 /dev/zero >/dev/null; done"


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a program from a thread of its own, which waits for it; gives the thread's id."""
    running: list[subprocess.Popen[bytes]] = []
    threads: list[threading.Thread] = []

    def begin(argv: Sequence[str]) -> int:
        begun: queue.Queue[int] = queue.Queue()

        def work() -> None:
            running.append(subprocess.Popen(argv, start_new_session=True))
            begun.put(threading.get_native_id())
            running[-1].wait()

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return begun.get()

    yield begin
    for process in running:
        os.killpg(process.pid, signal.SIGKILL)
    for thread in threads:
        thread.join()


def settled(watch: Watch, threads: Sequence[int], busy: int) -> bool:
    """Whether two looks in a row soon say so (a program that has just begun is busy)."""
    deadline, same = time.monotonic() + 10, 0
    while same < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
        same = same + 1 if watch.busy(threads) == busy else 0
    return same == 2


def test_what_has_just_begun_is_busy(start: Start) -> None:
    assert Watch().busy([start(["sleep", "600"])]) == 1


@pytest.mark.parametrize(
    ("argv", "busy"),
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
def test_who_works(start: Start, argv: Sequence[str], busy: int) -> None:
    assert settled(Watch(), [start(argv)], busy)


def test_threads_are_counted_not_their_programs(start: Start) -> None:
    threads = [
        start(["sleep", "600"]),
        start(["sh", "-c", f"sh -c '{LOOP}' & {LOOP}"]),
        start(["sh", "-c", LOOP]),
    ]
    assert settled(Watch(), threads, 2)
    assert settled(Watch(), threads[:2], 1)

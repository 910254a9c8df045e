"""Who may work: not more at once than this machine can do, and as many as like that only wait."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator

from rootbuild.build.halt import Halt

PAUSE_SECONDS = 0.05


class Turns:
    """Hands out turns, `jobs` at a time.

    A program's turn counts only while the program is at work: `busy` says how many of them are.
    One that has just begun counts, as it cannot be told yet. Who has a turn must not ask for one.
    """

    def __init__(
        self,
        jobs: int,
        halt: Halt,
        busy: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self._halt = halt
        self._busy = busy
        self._clock = clock
        self._changed = threading.Condition()
        self._ours = 0
        self._programs: list[float] = []
        self._looked = 0.0
        self._at_work = 0

    @contextlib.contextmanager
    def work(self) -> Iterator[None]:
        """A turn for work of our own, for the length of the block. Raises Canceled."""
        with self._changed:
            self._wait()
            self._ours += 1
        try:
            yield
        finally:
            with self._changed:
                self._ours -= 1
                self._changed.notify()

    @contextlib.contextmanager
    def program(self) -> Iterator[None]:
        """A turn to run a program, for the length of the block. Raises Canceled."""
        with self._changed:
            self._wait()
            begun = self._clock()
            self._programs.append(begun)
        try:
            yield
        finally:
            with self._changed:
                self._programs.remove(begun)
                self._changed.notify()

    def _wait(self) -> None:
        self._halt.check()
        while self._ours + self._working_programs() >= self._jobs:
            self._changed.wait(PAUSE_SECONDS)
            self._halt.check()

    def _working_programs(self) -> int:
        """How many of the programs count. We look at them only when it matters, and not often."""
        now, running = self._clock(), len(self._programs)
        if self._ours + running < self._jobs:
            return running
        if now - self._looked >= PAUSE_SECONDS:
            self._looked, self._at_work = now, self._busy()
        young = sum(self._looked - begun < PAUSE_SECONDS for begun in self._programs)
        return min(running, self._at_work + young)


def processors() -> int:
    """How many processors we may use."""
    return len(os.sched_getaffinity(0))

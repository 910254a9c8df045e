"""Who may work: not more at once than this machine can do, and as many as like that only wait."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator

from rootbuild.build.halt import Halt

PAUSE_SECONDS = 0.03
FEWEST_JOBS = 4

Busy = Callable[[Collection[int]], int]


class Turns:
    """Hands out turns to threads: for commands of the user, and for work of our own.

    Of each kind `jobs` may be at work at once. A command that only waits does not count: `busy`
    says how many of some threads (by their native ids) have programs that are at work. One that has
    just begun counts, as it cannot be told yet. With a single job all commands count: they run one
    after another. Who has a turn must not ask for another.

    Only who is next looks whether there is room; the others stand at a door.
    """

    def __init__(
        self, jobs: int, halt: Halt, busy: Busy, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._jobs = jobs
        self._halt = halt
        self._busy = busy
        self._clock = clock
        self._door = threading.Lock()
        self._own_door = threading.Lock()
        self._changed = threading.Condition()
        self._commands: dict[int, float] = {}
        self._looked = 0.0
        self._at_work = 0
        self._ours = threading.Semaphore(jobs)
        self._unhurried = threading.Semaphore(min(jobs, processors()))

    @contextlib.contextmanager
    def work(self) -> Iterator[None]:
        """A turn for work of our own, also by the engine, for the length of the block.

        Raises Canceled.
        """
        with self._own_door:
            self._halt.check()
            while not self._ours.acquire(timeout=PAUSE_SECONDS):
                self._halt.check()
        try:
            self._halt.check()
            yield
        finally:
            self._ours.release()

    @contextlib.contextmanager
    def unhurried_work(self) -> Iterator[None]:
        """A turn for work that nobody waits for: at fewer places, so that the rest gets on.

        Raises Canceled.
        """
        with self._unhurried, self.work():
            yield

    @contextlib.contextmanager
    def command(self) -> Iterator[None]:
        """A turn to run a command from this thread, for the length of the block.

        Raises Canceled.
        """
        thread = threading.get_native_id()
        with self._door, self._changed:
            self._halt.check()
            while self._full():
                self._changed.wait(PAUSE_SECONDS)
                self._halt.check()
            self._commands[thread] = self._clock()
        try:
            self._halt.check()
            yield
        finally:
            with self._changed:
                del self._commands[thread]
                self._changed.notify()

    def _full(self) -> bool:
        """Whether too many are at work. They are looked at only if it matters, and not often."""
        if len(self._commands) < self._jobs:
            return False
        if self._jobs == 1:
            return True
        now = self._clock()
        if now - self._looked >= PAUSE_SECONDS:
            old = [
                thread for thread, begun in self._commands.items() if now - begun >= PAUSE_SECONDS
            ]
            self._looked, self._at_work = now, self._busy(old)
        young = sum(self._looked - begun < PAUSE_SECONDS for begun in self._commands.values())
        return self._at_work + young >= self._jobs


def processors() -> int:
    """How many there are for us."""
    return len(os.sched_getaffinity(0))


def usual_jobs() -> int:
    """As many as there are processors, and a few more where there are hardly any."""
    return max(processors(), FEWEST_JOBS)

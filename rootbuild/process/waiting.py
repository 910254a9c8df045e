"""Programs that one thread waits for and another one may end."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator

GRACE_SECONDS = 5.0


class Waiting:
    """The programs that threads wait for at the moment, each in a process group of its own."""

    def __init__(self) -> None:
        self._asked: dict[int, float | None] = {}
        self._lock = threading.Lock()

    def end(self) -> None:
        """Ask them to end; those that were asked `GRACE_SECONDS` ago are killed.

        To be called again and again until nobody waits: what starts meanwhile is asked then.
        """
        now = time.monotonic()
        with self._lock:
            for pid, asked in self._asked.items():
                number = signal.SIGTERM
                if asked is None:
                    self._asked[pid] = now
                elif now - asked > GRACE_SECONDS:
                    number = signal.SIGKILL
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, number)

    @contextlib.contextmanager
    def noted(self, pid: int) -> Iterator[None]:
        """Have `end` reach a program for the length of the block; it is not reaped before."""
        with self._lock:
            self._asked[pid] = None
        try:
            yield
        finally:
            with self._lock:
                del self._asked[pid]


def wait(pid: int, waiting: Waiting | None) -> int:
    """Wait for a child; gives its exit code, or minus the signal that killed it."""
    if waiting is not None:
        with waiting.noted(pid):
            # Until it is reaped, its number is nobody else's.
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

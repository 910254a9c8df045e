"""Which of our programs are at work, and which only wait (for a timer, a server, a lock)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

AT_WORK = frozenset("RD")
"""States of a process (proc(5)): on a processor or waiting for one, or for a disk."""


class Watch:
    """Looks at the programs that our threads have started, and compares with the look before.

    Where the kernel does not tell a thread's children (CONFIG_PROC_CHILDREN), none seems busy.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def busy(self, threads: Collection[int]) -> int:
        """How many of our threads (native ids) have a program that is at work."""
        before, self._seen = self._seen, {}
        works = [
            [self._works(child, before) for child in _children(os.getpid(), thread)]
            for thread in threads
        ]
        return sum(any(found) for found in works)

    def _works(self, pid: int, before: dict[int, int]) -> bool:
        """Whether a program or one below it has used a processor since the last look, or wants to.

        The state is that of its first thread alone, the time that of all.
        """
        try:
            state, ticks = _state(pid)
        except OSError:
            return False  # it has ended
        self._seen[pid] = ticks
        below = [self._works(child, before) for child in _offspring(pid)]
        return state in AT_WORK or before.get(pid) != ticks or any(below)


def _state(pid: int) -> tuple[str, int]:
    """A process's state, and the processor time of its own and of children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return fields[0], sum(int(field) for field in fields[11:15])


def _offspring(pid: int) -> Iterator[int]:
    """The children of all threads of a process."""
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            yield from _children(pid, int(thread))


def _children(pid: int, thread: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{thread}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]

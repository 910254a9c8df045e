"""Which of our programs are at work, and which only wait (for a timer, a server, a lock)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

AT_WORK = frozenset("RD")
"""States of a process (proc(5)): on a processor or waiting for one, or for a disk."""


class Watch:
    """Looks at the programs that we have started; each look is compared with the one before.

    Where the kernel does not tell a process's children (CONFIG_PROC_CHILDREN), none seems busy.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def busy(self) -> int:
        """How many of our children are at work, by themselves or by a process below them."""
        before, self._seen = self._seen, {}
        return sum(self._works(child, before) for child in _children(os.getpid()))

    def _works(self, pid: int, before: dict[int, int]) -> bool:
        """Whether it has used a processor since the last look, or would if it could.

        The state is that of the first thread alone, the time that of all.
        """
        try:
            state, ticks = _state(pid)
        except OSError:
            return False  # it has ended
        self._seen[pid] = ticks
        below = [self._works(child, before) for child in _children(pid)]
        return state in AT_WORK or before.get(pid) != ticks or any(below)


def _state(pid: int) -> tuple[str, int]:
    """A process's state, and the processor time of its own and of children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return fields[0], sum(int(field) for field in fields[11:15])


def _children(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            children = Path(f"/proc/{pid}/task/{thread}/children")
            with contextlib.suppress(OSError):
                yield from map(int, children.read_text().split())

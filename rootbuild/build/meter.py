"""Reading the context, as progress shows it: only if something is read, and as one vertex."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Hashable, Iterator

from rootbuild.build.vertices import Vertex, Vertices
from rootbuild.progress.units import size

NAME = "[internal] load build context"
ITEM = "transferring context"
PAUSE_SECONDS = 0.1


class ContextMeter:
    """Opens the vertex with the first bytes that are read; it ends when nobody reads any more.

    What was read once is not told again: files that are too new to be remembered are read by both
    halves of a build. Safe to use from threads.
    """

    def __init__(self, vertices: Vertices, clock: Callable[[], float] = time.monotonic) -> None:
        self._vertices = vertices
        self._clock = clock
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._vertex: Vertex | None = None
        self._readers = 0
        self._known: set[Hashable] = set()
        self._told = 0.0
        self._bytes = 0

    @contextlib.contextmanager
    def reading(self, what: Hashable) -> Iterator[Callable[[int], None]]:
        """Gives what is to be told of the bytes that are read in the block, if that is new."""
        with self._lock:
            new = what not in self._known
            self._known.add(what)
            self._readers += 1
        try:
            yield self._count if new else _ignore
        finally:
            with self._lock:
                self._readers -= 1
                if not self._readers:
                    self._end()

    def _count(self, count: int) -> None:
        with self._lock:
            self._bytes += count
            if self._vertex is None:
                self._vertex = self._stack.enter_context(self._vertices.open(NAME))
            now = self._clock()
            if now - self._told >= PAUSE_SECONDS:
                self._told = now
                self._vertex.progress(ITEM, self._bytes, 0)

    def _end(self) -> None:
        if self._vertex is not None:
            self._vertex.progress(ITEM, self._bytes, 0)
            self._vertex.status(f"{ITEM}: {size(self._bytes)} done")
            self._vertex, self._bytes = None, 0
            self._stack.close()


def _ignore(count: int) -> None:
    """It was told before."""

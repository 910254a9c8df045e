"""Reading the context, as progress shows it: only if something is read, and as one vertex."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from rootbuild.build.vertices import Vertex, Vertices

NAME = "[internal] load build context"
ITEM = "transferring context"
PAUSE_SECONDS = 0.1


class ContextMeter:
    """Opens the vertex with the first bytes that are read; it ends with the block.

    Files that are too new to be remembered are read by both halves of a build, which is told once.
    Safe to use from threads.
    """

    def __init__(self, vertices: Vertices, clock: Callable[[], float] = time.monotonic) -> None:
        self._vertices = vertices
        self._clock = clock
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._vertex: Vertex | None = None
        self._told = 0.0
        self._over = False
        self._bytes = 0

    def __enter__(self) -> ContextMeter:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._vertex is not None:
                self._vertex.progress(ITEM, self._bytes, self._bytes)
                self._vertex, self._over = None, True
            self._stack.close()

    def __call__(self, count: int) -> None:
        """So many bytes were read."""
        with self._lock:
            if self._over:
                return
            self._bytes += count
            if self._vertex is None:
                self._vertex = self._stack.enter_context(self._vertices.open(NAME))
            now = self._clock()
            if now - self._told >= PAUSE_SECONDS:
                self._told = now
                self._vertex.progress(ITEM, self._bytes, 0)

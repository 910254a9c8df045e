"""BuildKit's plain style: numbered vertices, timings, streamed output, one event a line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from rootbuild.progress.reporter import CANCELED


@dataclass(slots=True)
class _Vertex:
    name: str
    started: float
    pending: bytes = b""


class PlainReporter:
    """Writes to a text stream, usually standard error.

    Lines of one vertex stay together as long as no other has anything to say; when the speaker
    changes, a blank line and the vertex's name come first.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._vertices: dict[int, _Vertex] = {}
        self._current: int | None = None
        self._lock = threading.Lock()

    def start(self, vertex: int, name: str) -> None:
        """Open a vertex and name it."""
        with self._lock:
            self._vertices[vertex] = _Vertex(name, self._clock())
            self._turn_to(vertex)

    def cached(self, vertex: int, name: str) -> None:
        """Name a vertex whose result is known."""
        with self._lock:
            self._vertices[vertex] = _Vertex(name, self._clock())
            self._say(vertex, "CACHED")

    def log(self, vertex: int, data: bytes) -> None:
        """Print whole lines of output with the seconds since the vertex began."""
        with self._lock:
            item = self._vertices[vertex]
            *lines, item.pending = (item.pending + data).split(b"\n")
            for line in lines:
                self._output(vertex, item, line)

    def status(self, vertex: int, text: str) -> None:
        """Print one line about the vertex."""
        with self._lock:
            self._say(vertex, text)

    def done(self, vertex: int) -> None:
        """Close a vertex with the time that it took."""
        with self._lock:
            item = self._flush(vertex)
            self._say(vertex, f"DONE {self._clock() - item.started:.1f}s")

    def failed(self, vertex: int, message: str) -> None:
        """Close a vertex with its error."""
        with self._lock:
            self._flush(vertex)
            self._say(vertex, "CANCELED" if message == CANCELED else f"ERROR: {message}")

    def warn(self, text: str) -> None:
        """Print a warning on its own."""
        with self._lock:
            self._current = None
            self._write(f"WARN: {text}")

    def close(self) -> None:
        """Nothing is held back, so nothing is left to write."""

    def _flush(self, vertex: int) -> _Vertex:
        item = self._vertices[vertex]
        if item.pending:
            self._output(vertex, item, item.pending)
            item.pending = b""
        return item

    def _output(self, vertex: int, item: _Vertex, line: bytes) -> None:
        # A carriage return redraws a line on a terminal; in a log only its last state counts.
        text = line.rstrip(b"\r").rsplit(b"\r", 1)[-1].decode("utf-8", "replace")
        self._say(vertex, f"{self._clock() - item.started:.3f} {text}".rstrip())

    def _say(self, vertex: int, text: str) -> None:
        self._turn_to(vertex)
        self._write(f"#{vertex} {text}")

    def _turn_to(self, vertex: int) -> None:
        if self._current != vertex:
            if self._current is not None:
                self._write("")
            self._current = vertex
            self._write(f"#{vertex} {self._vertices[vertex].name}")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()

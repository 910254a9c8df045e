"""BuildKit's plain style: numbered vertices, timings, streamed output, one event a line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from rootbuild.progress.reporter import CANCELED, Measure
from rootbuild.progress.units import size
from rootbuild.records import dataclass, field

if TYPE_CHECKING:  # a build with nothing to do finds nothing out
    from rootbuild.progress.findings import Finding

HOLD_SECONDS = 1.0
"""For how long output waits at most for a vertex that is speaking."""

QUIET_SECONDS = 0.2
"""After which a vertex that has said nothing is not speaking any more."""


REPEAT_SECONDS = 5.0
"""How long it takes until the next line about something that is being moved."""


@dataclass(slots=True)
class _Vertex:
    name: str
    started: float
    pending: bytes = b""
    open: bool = True
    spoke: float = float("-inf")
    held: list[str] = field(default_factory=list)
    held_since: float = 0.0
    items: dict[str, tuple[float, float]] = field(default_factory=dict)


class PlainReporter:
    """Writes to a text stream, usually standard error.

    Lines of one vertex stay together: while one is speaking, the output of others is held for a
    moment. When the speaker changes, the old one gets dots if it is not at its end, then come a
    blank line and the new one's name.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._vertices: dict[int, _Vertex] = {}
        self._current: int | None = None
        self._lock = threading.Lock()
        self._kept: list[str] | None = None
        self._timer: threading.Timer | None = None

    def start(self, vertex: int, name: str) -> None:
        """Open a vertex and name it."""
        with self._lock:
            self._vertices[vertex] = _Vertex(name, self._clock())
            self._turn_to(vertex)

    def cached(self, vertex: int, name: str) -> None:
        """Name a vertex whose result is known."""
        with self._lock:
            self._vertices[vertex] = _Vertex(name, self._clock())
            self._end(vertex, "CACHED")

    def log(self, vertex: int, data: bytes) -> None:
        """Print whole lines of output with the seconds since the vertex began."""
        with self._lock:
            item = self._vertices[vertex]
            *lines, item.pending = (item.pending + data).split(b"\n")
            for line in lines:
                self._hold(item, line)
            if item.held and self._may_speak(vertex):
                self._release(vertex)
            elif item.held:
                self._wake_later()

    def status(self, vertex: int, text: str) -> None:
        """Print one line about the vertex."""
        with self._lock:
            self._release(vertex)
            self._say(vertex, text)

    def progress(self, vertex: int, item: str, current: int, total: int) -> None:
        """Print a line when all is there, and now and then on the way."""
        with self._lock:
            item_of, now = self._vertices[vertex], self._clock()
            begun, told = item_of.items.get(item, (now, now))
            complete = 0 < total <= current
            if complete or now - told >= REPEAT_SECONDS:
                told = now
                of = f" / {size(total)}" if total > 0 else ""
                done = f" {now - begun:.1f}s done" if complete else ""
                self._release(vertex)
                self._say(vertex, f"{item} {size(current)}{of}{done}")
            item_of.items[item] = (begun, told)

    def gauge(self, vertex: int, item: str, measure: Measure) -> None:
        """Nothing is drawn."""

    def done(self, vertex: int) -> None:
        """Close a vertex with the time that it took."""
        with self._lock:
            self._end(vertex, f"DONE {self._clock() - self._vertices[vertex].started:.1f}s")

    def failed(self, vertex: int, message: str) -> None:
        """Close a vertex with its error."""
        with self._lock:
            self._end(vertex, "CANCELED" if message == CANCELED else f"ERROR: {message}")

    def warn(self, text: str) -> None:
        """Print a warning on its own."""
        with self._lock:
            self._current = None
            self._write(f"WARN: {text}")

    def tell(self, finding: Finding) -> None:
        """Nothing of it is shown."""

    def hide(self, secret: bytes) -> None:
        """What steps print is shown as it is."""

    def animate(self) -> None:
        """Each line is written when it is told."""

    def pause(self, words: str) -> None:
        """Hold back what comes."""
        with self._lock:
            self._write(words)
            self._kept = []

    def resume(self) -> None:
        """Write what was held back."""
        with self._lock:
            kept, self._kept = self._kept or [], None
            self._stream.writelines(kept)
            self._stream.flush()

    def close(self) -> None:
        """Every vertex has ended, so nothing is held back any more."""

    def _hold(self, item: _Vertex, line: bytes) -> None:
        # A carriage return redraws a line on a terminal; in a log only its last state counts.
        text = line.rstrip(b"\r").rsplit(b"\r", 1)[-1].decode("utf-8", "replace")
        now = self._clock()
        if not item.held:
            item.held_since = now
        item.held.append(f"{now - item.started:.3f} {text}".rstrip())

    def _may_speak(self, vertex: int) -> bool:
        """Whether nobody else is speaking, or has been for too long."""
        now, item = self._clock(), self._vertices[vertex]
        if self._current is None or self._current == vertex:
            return True
        speaker = self._vertices[self._current]
        silent = not speaker.open or now - speaker.spoke >= QUIET_SECONDS
        return silent or now - item.held_since >= HOLD_SECONDS

    def _wake_later(self) -> None:
        """See to it that what is held comes out, also if nobody says anything any more."""
        if self._timer is None:
            self._timer = threading.Timer(QUIET_SECONDS, self._wake)
            self._timer.daemon = True
            self._timer.start()

    def _wake(self) -> None:
        with self._lock:
            self._timer = None
            self._release_next()
            if any(item.held for item in self._vertices.values()):
                self._wake_later()

    def _release_next(self) -> None:
        """Let speak who has waited longest, if it may."""
        waiting = [number for number, item in self._vertices.items() if item.held]
        first = min(waiting, key=lambda number: self._vertices[number].held_since, default=None)
        if first is not None and self._may_speak(first):
            self._release(first)

    def _release(self, vertex: int) -> None:
        item = self._vertices[vertex]
        held, item.held = item.held, []
        for line in held:
            self._say(vertex, line)

    def _end(self, vertex: int, text: str) -> None:
        item = self._vertices[vertex]
        if item.pending:
            self._hold(item, item.pending)
            item.pending = b""
        self._release(vertex)
        self._say(vertex, text)
        item.open = False
        self._release_next()

    def _say(self, vertex: int, text: str) -> None:
        self._turn_to(vertex)
        self._vertices[vertex].spoke = self._clock()
        self._write(f"#{vertex} {text}")

    def _turn_to(self, vertex: int) -> None:
        if self._current == vertex:
            return
        if self._current is not None:
            if self._vertices[self._current].open:
                self._write(f"#{self._current} ...")
            self._write("")
        self._current = vertex
        self._write(f"#{vertex} {self._vertices[vertex].name}")

    def _write(self, line: str) -> None:
        if self._kept is not None:
            self._kept.append(line + "\n")
            return
        self._stream.write(line + "\n")
        self._stream.flush()

"""The reporter for terminals."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TextIO

from rootbuild.progress.findings import Finding
from rootbuild.progress.reporter import Measure
from rootbuild.progress.terminal.lines import Paper, over, summary, wants_colours
from rootbuild.progress.terminal.screen import Screen
from rootbuild.progress.terminal.state import State, Vertex, outcome

if TYPE_CHECKING:  # slow to load: only what takes long enough to be watched needs it
    from rich.console import Console

PATIENCE_SECONDS = 0.4
"""A build that is over by then is not drawn at all: its lines are written at the end."""

FRAME_SECONDS = 0.1
MOST_EFFORT = 0.02
"""The part of one processor's time that drawing may take; else there are fewer frames."""


class TerminalReporter:
    """Shows what runs, and what has run above it.

    Until `animate`, there is no thread, as builds fork: it is drawn when something is told. What
    is told before PATIENCE_SECONDS have passed is written then, or at the end.
    """

    def __init__(
        self,
        stream: TextIO,
        environment: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._screen = Screen(stream)
        self._state = State(clock())
        self._colours = wants_colours(environment)
        self._unicode = (stream.encoding or "").lower().replace("-", "") == "utf8"
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._console: Console | None = None
        self._next = self._state.began + PATIENCE_SECONDS
        self._paused = self._closed = False

    def animate(self) -> None:
        """Draw on our own from now on; no fork follows."""
        self._thread = threading.Thread(target=self._animate, name="progress", daemon=True)
        self._thread.start()

    def start(self, vertex: int, name: str) -> None:
        """See `Reporter`."""
        with self._lock:
            self._state.start(vertex, name, self._clock())
            self._changed()

    def cached(self, vertex: int, name: str) -> None:
        """See `Reporter`."""
        with self._lock:
            self._state.cached(vertex, name, self._clock())
            self._changed()

    def log(self, vertex: int, data: bytes) -> None:
        """See `Reporter`."""
        with self._lock:
            self._state.log(vertex, data)

    def status(self, vertex: int, text: str) -> None:
        """A step's reasons are kept beside it; the rest is of no use on a terminal."""
        with self._lock:
            if text.startswith("why: "):
                self._state.running[vertex].remark = text

    def progress(self, vertex: int, item: str, current: int, total: int) -> None:
        """See `Reporter`."""
        with self._lock:
            self._state.progress(vertex, item, current, total, self._clock())
            self._changed()

    def gauge(self, vertex: int, item: str, measure: Measure) -> None:
        """See `Reporter`."""
        with self._lock:
            self._state.gauge(vertex, item, measure, self._clock())

    def done(self, vertex: int) -> None:
        """See `Reporter`."""
        with self._lock:
            self._state.end(vertex, "done", "", self._clock())
            self._changed()

    def failed(self, vertex: int, message: str) -> None:
        """See `Reporter`."""
        with self._lock:
            self._state.end(vertex, outcome(message), message, self._clock())
            self._changed()

    def warn(self, text: str) -> None:
        """See `Reporter`."""
        with self._lock:
            self._state.over.append(text)
            self._changed()

    def tell(self, finding: Finding) -> None:
        """See `Reporter`."""
        with self._lock:
            self._state.tell(finding)

    def hide(self, secret: bytes) -> None:
        """What steps print is shown as it is."""

    def pause(self, words: str) -> None:
        """Give the terminal to somebody else."""
        with self._lock:
            self._write_over()
            self._screen.show(words.splitlines(), (), self._screen.size()[0])
            self._screen.close()
            self._paused = True

    def resume(self) -> None:
        """Have it again."""
        with self._lock:
            self._paused = False

    def close(self) -> None:
        """Write what is not written yet, and how the build has ended."""
        self._over.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        with self._lock:
            if self._closed:
                return
            self._closed = True
            state = self._state
            for vertex in list(state.running.values()):
                state.end(vertex.number, "canceled", "", self._clock())
            self._write_over()
            if state.built is not None or state.failed or state.canceled:
                paper = self._paper(self._screen.size()[0])
                self._screen.show([summary(state, self._clock(), paper)], (), paper.width)
            self._screen.close()

    def _changed(self) -> None:
        """Draw, if there is no thread that does it, and it is time."""
        if self._thread is None and self._clock() >= self._next:
            self._draw()
            self._next = self._clock() + FRAME_SECONDS

    def _animate(self) -> None:
        if self._over.wait(max(self._next - self._clock(), 0)):
            return
        pause = FRAME_SECONDS
        while not self._screen.gone:
            used = time.thread_time()
            with self._lock:
                self._draw()
            pause = max(FRAME_SECONDS, (time.thread_time() - used) / MOST_EFFORT)
            if self._over.wait(min(pause, 1.0)):
                return

    def _draw(self) -> None:
        if self._paused or self._closed:
            return
        from rootbuild.progress.terminal.frame import drawn, frame

        columns, rows = self._screen.size()
        paper = self._paper(columns)
        state = self._state
        stay = self._lines(state.take_over(), paper)
        state.measure()
        content = frame(state, self._clock(), paper, rows)
        self._screen.show(stay, drawn(self._rich(paper), content), columns)

    def _write_over(self) -> None:
        """Only what stays."""
        columns, _ = self._screen.size()
        paper = self._paper(columns)
        self._screen.show(self._lines(self._state.take_over(), paper), (), columns)

    def _lines(self, items: list[Vertex | str], paper: Paper) -> list[str]:
        return [over(item, paper) for item in items]

    def _paper(self, columns: int) -> Paper:
        # The last column stays free: what is written there makes some terminals wrap.
        return Paper(max(columns - 1, 10), self._colours, self._unicode)

    def _rich(self, paper: Paper) -> Console:
        if self._console is None:
            from rich.console import Console

            self._console = Console(
                file=io.StringIO(),  # we write ourselves
                force_terminal=True,
                no_color=not self._colours,
                color_system="auto" if self._colours else None,
                highlight=False,
                markup=False,
                emoji=False,
                legacy_windows=False,
            )
        self._console.width = paper.width
        return self._console

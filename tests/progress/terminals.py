"""A terminal in memory, and a reporter that believes in it."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pyte
import pytest

from rootbuild.progress.terminal import screen as screens
from rootbuild.progress.terminal.reporter import TerminalReporter


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """Emulates a terminal: what is written moves a cursor and puts characters on a screen."""

    encoding = "utf-8"

    def __init__(self, columns: int = 100, rows: int = 24) -> None:
        super().__init__()
        self.columns, self.rows = columns, rows
        self.screen = pyte.HistoryScreen(columns, rows, history=500)
        self._stream = pyte.Stream(self.screen)
        self.raw = ""

    def write(self, text: str) -> int:
        self.raw += text
        self._stream.feed(text.replace("\n", "\r\n"))
        return len(text)

    def resize(self, columns: int) -> None:
        """Another width; what is there is cut, as terminals without memory of lines do."""
        self.columns = columns
        self.screen.resize(self.rows, columns)

    def lines(self) -> list[str]:
        """All that is seen, also what has scrolled away; without empty lines at the end."""
        above = [
            "".join(line[x].data for x in range(self.columns)).rstrip()
            for line in self.screen.history.top
        ]
        found = above + [line.rstrip() for line in self.screen.display]
        while found and not found[-1]:
            found.pop()
        return found


def make(
    terminal: Terminal,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str] | None = None,
) -> TerminalReporter:
    """A reporter on that terminal. It draws when something is told and time has passed."""
    monkeypatch.setattr(
        screens.Screen, "size", lambda self: (terminal.columns, terminal.rows), raising=True
    )
    return TerminalReporter(terminal, environment or {"TERM": "xterm-256color"}, clock)

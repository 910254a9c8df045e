"""Numbered units of progress, opened and closed as context managers."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rootbuild.errors import RootbuildError
from rootbuild.progress.reporter import CANCELED, Measure, Reporter
from rootbuild.records import dataclass

if TYPE_CHECKING:  # a build with nothing to do finds nothing out
    from rootbuild.progress.findings import Finding


@dataclass(frozen=True, slots=True)
class Vertex:
    """An open vertex: where its output and remarks go."""

    number: int
    reporter: Reporter

    def status(self, text: str) -> None:
        """One line about what is being done."""
        self.reporter.status(self.number, text)

    def log(self, data: bytes) -> None:
        """Raw output of a command."""
        self.reporter.log(self.number, data)

    def progress(self, item: str, current: int, total: int = 0) -> None:
        """How many bytes of an item have been moved, out of how many; 0 if that is unknown."""
        self.reporter.progress(self.number, item, current, total)

    def gauge(self, item: str, measure: Measure) -> None:
        """As `progress`: `measure` gives (current, total) to who wants to know."""
        self.reporter.gauge(self.number, item, measure)


class Vertices:
    """Gives out vertex numbers from 1, or `numbers` of somebody who has given out some."""

    def __init__(self, reporter: Reporter, numbers: Iterator[int] | None = None) -> None:
        self.reporter = reporter
        self._numbers = itertools.count(1) if numbers is None else numbers
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[Vertex]:
        """A vertex for the length of a block; an error inside is shown at it and goes on."""
        vertex = Vertex(self._next(), self.reporter)
        self.reporter.start(vertex.number, name)
        try:
            yield vertex
        except BaseException as error:
            self.reporter.failed(vertex.number, _shown(error))
            raise
        self.reporter.done(vertex.number)

    def cached(self, name: str) -> None:
        """A vertex whose result is known."""
        self.reporter.cached(self._next(), name)

    def warn(self, text: str) -> None:
        """Something to know that stops nothing."""
        self.reporter.warn(text)

    def tell(self, finding: Finding) -> None:
        """Something that the build has found out."""
        self.reporter.tell(finding)

    def hide(self, secret: bytes) -> None:
        """A value that no record of this build may hold."""
        self.reporter.hide(secret)

    def _next(self) -> int:
        with self._lock:
            return next(self._numbers)


def _shown(error: BaseException) -> str:
    if isinstance(error, RootbuildError):
        return error.report.message
    return f"{type(error).__name__}: {error}" if isinstance(error, Exception) else CANCELED

"""Two reporters that are told the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootbuild.progress.reporter import Measure, Reporter

if TYPE_CHECKING:  # a build with nothing to do finds nothing out
    from rootbuild.progress.findings import Finding


class Tee:
    """Hands everything on to one reporter, then to another."""

    def __init__(self, first: Reporter, second: Reporter) -> None:
        self._both = (first, second)

    def start(self, vertex: int, name: str) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.start(vertex, name)

    def cached(self, vertex: int, name: str) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.cached(vertex, name)

    def log(self, vertex: int, data: bytes) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.log(vertex, data)

    def status(self, vertex: int, text: str) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.status(vertex, text)

    def progress(self, vertex: int, item: str, current: int, total: int) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.progress(vertex, item, current, total)

    def gauge(self, vertex: int, item: str, measure: Measure) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.gauge(vertex, item, measure)

    def done(self, vertex: int) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.done(vertex)

    def failed(self, vertex: int, message: str) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.failed(vertex, message)

    def warn(self, text: str) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.warn(text)

    def tell(self, finding: Finding) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.tell(finding)

    def hide(self, secret: bytes) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.hide(secret)

    def animate(self) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.animate()

    def pause(self, words: str) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.pause(words)

    def resume(self) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.resume()

    def close(self) -> None:
        """See `Reporter`."""
        for each in self._both:
            each.close()

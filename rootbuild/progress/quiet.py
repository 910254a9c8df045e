"""No progress at all: `--quiet` and `--progress=quiet`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootbuild.progress.reporter import Measure

if TYPE_CHECKING:  # a build with nothing to do finds nothing out
    from rootbuild.progress.findings import Finding


class QuietReporter:
    """Drops everything; a failed step's last output is in the error itself."""

    def start(self, vertex: int, name: str) -> None:
        """Say nothing."""

    def cached(self, vertex: int, name: str) -> None:
        """Say nothing."""

    def log(self, vertex: int, data: bytes) -> None:
        """Say nothing."""

    def status(self, vertex: int, text: str) -> None:
        """Say nothing."""

    def progress(self, vertex: int, item: str, current: int, total: int) -> None:
        """Say nothing."""

    def gauge(self, vertex: int, item: str, measure: Measure) -> None:
        """Say nothing."""

    def done(self, vertex: int) -> None:
        """Say nothing."""

    def failed(self, vertex: int, message: str) -> None:
        """Say nothing."""

    def warn(self, text: str) -> None:
        """Say nothing."""

    def tell(self, finding: Finding) -> None:
        """Say nothing."""

    def hide(self, secret: bytes) -> None:
        """Nothing is kept."""

    def animate(self) -> None:
        """Say nothing."""

    def pause(self, words: str) -> None:
        """Say nothing."""

    def resume(self) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""

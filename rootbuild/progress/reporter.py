"""What a build tells whoever watches it. Core code prints nothing; it calls a `Reporter`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a build with nothing to do finds nothing out
    from rootbuild.progress.findings import Finding


Measure = Callable[[], tuple[int, int]]

CANCELED = "canceled"
"""The message of a vertex that was ended because of something else."""


class Reporter(Protocol):
    """Receives the life of vertices (the numbered units of BuildKit's progress).

    A vertex is named once, with `start` or `cached`; `log` and `status` may follow any number of
    times; `done` or `failed` ends it. Calls may come from several threads.
    """

    def start(self, vertex: int, name: str) -> None:
        """Work on a vertex begins."""
        ...

    def cached(self, vertex: int, name: str) -> None:
        """A vertex whose result is known; nothing more follows for it."""
        ...

    def log(self, vertex: int, data: bytes) -> None:
        """Raw output of the vertex's command, cut anywhere."""
        ...

    def status(self, vertex: int, text: str) -> None:
        """One line about what the vertex does, such as `naming to docker.io/library/x done`."""
        ...

    def progress(self, vertex: int, item: str, current: int, total: int) -> None:
        """How many bytes of something have been moved, out of how many; 0 if that is unknown.

        `item` names it within the vertex: a layer's digest, `transferring context`. One that has
        all its bytes is complete; it comes to its end with the vertex otherwise.
        """
        ...

    def gauge(self, vertex: int, item: str, measure: Measure) -> None:
        """As `progress`, for who draws: `measure` gives (current, total) whenever it is asked.

        It is asked until the vertex is over, by any thread, and must be quick.
        """
        ...

    def done(self, vertex: int) -> None:
        """The vertex has ended well."""
        ...

    def failed(self, vertex: int, message: str) -> None:
        """The vertex has ended in an error."""
        ...

    def warn(self, text: str) -> None:
        """Something that the user should know and that stops nothing."""
        ...

    def tell(self, finding: Finding) -> None:
        """Something that the build has found out about itself; most reporters need not care."""
        ...

    def hide(self, secret: bytes) -> None:
        """A value that must not be kept: who writes what steps print to a file leaves it out."""
        ...

    def animate(self) -> None:
        """This process forks no more: threads may be started."""
        ...

    def pause(self, words: str) -> None:
        """Write some words, then nothing for now: somebody else has the terminal."""
        ...

    def resume(self) -> None:
        """Go on, with what was told meanwhile."""
        ...

    def close(self) -> None:
        """No more calls follow."""
        ...

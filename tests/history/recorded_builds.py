"""Records of builds that never were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rootbuild.errors import BuildError, Excerpt, Location
from rootbuild.history.record import Head
from rootbuild.history.recorder import Recorder
from rootbuild.progress.findings import (
    Built,
    ContextSize,
    Layer,
    Outline,
    Reasons,
    StageOutline,
)

OUTLINE = Outline(
    (
        StageOutline("build", "docker.io/library/base", (), ("[build 1/1] RUN make",)),
        StageOutline("test", "build", ("build",), ("[test 1/1] RUN pytest",)),
        StageOutline("last", "scratch", ("build", "test"), ("[last 1/1] COPY --from=build / /",)),
    ),
    "last",
)


class Ticks:
    """A clock that goes on by a second each time it is looked at."""

    def __init__(self, begin: float = 1000.0) -> None:
        self._ticks = self._count(begin)

    def __call__(self) -> float:
        return next(self._ticks)

    @staticmethod
    def _count(begin: float) -> Iterator[float]:
        while True:
            yield begin
            begin += 1.0


def head(identity: str = "abc", started: float = 1000.0, **more: Any) -> Head:
    return Head(**{"id": identity, "started": started, "context": "/work/app", **more})


def failure() -> BuildError:
    error = BuildError("exit code: 1", id="run-failed", hint="look inside", detail="last words")
    error.locate(Location("Dockerfile", 2, 2))
    return error


def full(folder: Path, identity: str = "abc", started: float = 1000.0, **more: Any) -> None:
    """A build with a bit of everything."""
    recorder = Recorder(folder, head(identity, started, **more), Ticks(started))
    recorder.start(1, "[internal] load build definition from Dockerfile")
    recorder.done(1)
    recorder.tell(OUTLINE)
    recorder.cached(2, "[build 1/1] RUN make")
    recorder.start(3, "[test 1/1] RUN pytest")
    recorder.tell(Reasons(3, ("one.py (the context) has changed",)))
    recorder.log(3, b"\x1b[32mone ok\x1b[0m\n<script>document.title = 'hacked'</script>\n")
    recorder.done(3)
    recorder.start(4, "[last 1/1] COPY --from=build / /")
    recorder.progress(4, "copying", 5, 5)
    recorder.done(4)
    recorder.warn("the build context is large")
    recorder.tell(
        ContextSize(3, 120_000_000, (("data/big.bin", 100_000_000),), (("data/", 100_000_000),))
    )
    recorder.tell(Built("ab" * 32, ("docker.io/library/app:latest",), 42, (Layer("COPY", 42),)))
    recorder.end("ab" * 32)


__all__ = ["OUTLINE", "Excerpt", "Ticks", "failure", "full", "head"]

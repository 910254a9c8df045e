"""Shells in the containers of a build: where a step has failed, or before one is done."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence

from rootbuild.backend import Backend, Exec
from rootbuild.build.halt import Halt
from rootbuild.build.options import Debugging
from rootbuild.errors import UsageError
from rootbuild.files.rootfs import Rootfs
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import CopyStep, Step
from rootbuild.progress.reporter import Reporter
from rootbuild.records import replace

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SHELLS = ("/bin/bash", "/usr/bin/bash", "/bin/sh", "/bin/ash", "/busybox/sh")


class Debugger:
    """Opens one shell at a time; the rest of the build goes on meanwhile, and is shown later."""

    def __init__(
        self, asked: Debugging, plan: Plan, backend: Backend, reporter: Reporter, halt: Halt
    ) -> None:
        self._asked = asked
        self._backend = backend
        self._reporter = reporter
        self._halt = halt
        self._lock = threading.Lock()
        self.stops = _stops(asked.lines, plan)

    @property
    def advice(self) -> str:
        """How to look into a step that has failed, for who has not asked for that."""
        return "" if self._asked.on_error else "to look inside, build with --on-error=shell"

    def failed(self, container: str, rootfs: Rootfs, command: Exec, what: str) -> None:
        """Look at a step that has failed, if that was asked for."""
        if self._asked.on_error:
            tried = f"tried: {' '.join(command.argv)}" if command.argv else ""
            words = (what, "this is its container, as it has left it", tried, "exit ends the build")
            self._open(container, rootfs, command, words)

    def before(self, container: str, rootfs: Rootfs, command: Exec, what: str) -> None:
        """Look at a container in which a step is about to be done."""
        planned = f"it will run: {' '.join(command.argv)}" if command.argv else ""
        words = (f"before {what}", planned, "what is changed here is not kept", "exit goes on")
        self._open(container, rootfs, command, words)

    def _open(self, container: str, rootfs: Rootfs, command: Exec, words: Iterable[str]) -> None:
        with self._lock:
            self._halt.check()
            argv = self._asked.command or _shell(rootfs)
            lines = [f"==> {word}" for word in words if word]
            if not argv:
                self._reporter.pause("\n".join([*lines, "==> there is no shell in this image"]))
                self._reporter.resume()
                return
            self._reporter.pause("\n".join(lines))
            try:
                with _kept_terminal(), open(os.devnull, "wb") as nowhere:
                    self._backend.run(container, _interactive(command, argv), nowhere)
            finally:
                self._reporter.resume()


def plain(step: Step, env: tuple[tuple[str, str], ...] = ()) -> Exec:
    """A process beside a step that runs none: as root, where a COPY is relative to."""
    cwd = step.workdir if isinstance(step, CopyStep) else "/"
    return Exec((), env or (("PATH", PATH), ("HOME", "/root")), cwd)


def _interactive(command: Exec, argv: tuple[str, ...]) -> Exec:
    env = dict(command.env)
    env.setdefault("PATH", PATH)
    env["TERM"] = os.environ.get("TERM", "xterm")
    return replace(command, argv=argv, env=tuple(env.items()), terminal=True)


def _shell(rootfs: Rootfs) -> tuple[str, ...]:
    return next(((path,) for path in _SHELLS if rootfs.exists(path)), ())


def _stops(lines: Sequence[int], plan: Plan) -> dict[int, int]:
    """For each stage the step to stop before: the first one that ends at the line, or behind it.

    Raises UsageError where nothing that is built comes after the line.
    """
    places = sorted(
        (step.location.end, stage.index, position)
        for stage in plan.stages
        for position, step in enumerate(stage.steps)
        if not step.location.trigger
    )
    found: dict[int, int] = {}
    for line in lines:
        here = next(((stage, at) for end, stage, at in places if end >= line), None)
        if here is None:
            known = ", ".join(str(end) for end, _, _ in places) or "none"
            raise UsageError(
                f"no step that is built comes at line {line} or after it",
                hint=f"steps that change files are at lines {known}",
            )
        found.setdefault(*here)
    return found


@contextlib.contextmanager
def _kept_terminal() -> Iterator[None]:
    """Have the terminal's settings as they were, whatever the block does to them."""
    import termios

    before = None
    with contextlib.suppress(termios.error):
        before = termios.tcgetattr(0)
    try:
        yield
    finally:
        if before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSADRAIN, before)

"""When transfers are to end: with the steps of a build, or, once these are over, by themselves."""

from __future__ import annotations

from rootbuild.build.halt import Halt
from rootbuild.web.lines import Lines


class Ending:
    """The switch of a build until its steps are over, which is when that is pressed; then another.

    `lines` are the connections that are cut with the steps.
    After that only signals end what is going on, which are raised in the main thread.
    """

    def __init__(self, steps: Halt, lines: Lines) -> None:
        self._current = steps
        self.lines = lines

    def steps_over(self) -> None:
        """What comes now does not end with the steps."""
        self._current = Halt()

    def part(self) -> Halt:
        """A switch for a piece of work of several threads, which are to end if one fails."""
        return _Part(self)

    def check(self) -> None:
        """Raise Canceled if all is to end."""
        self._current.check()

    def pause(self, seconds: float) -> None:
        """Wait that long. Raises Canceled as soon as all is to end."""
        self._current.pause(seconds)


class _Part(Halt):
    def __init__(self, whole: Ending) -> None:
        super().__init__()
        self._whole = whole

    def check(self) -> None:
        super().check()
        self._whole.check()

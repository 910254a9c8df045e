"""Stages in parallel: a thread for each, a result for whoever waits for it, and one way out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from rootbuild.build.halt import Canceled, Halt

Result = TypeVar("Result")

STOP_SECONDS = 0.05


class Scheduler(Generic[Result]):
    """Has stages built, each at most once, by `build`, which may ask for further ones.

    `build` hands its result out by `give`, and may go on with what nobody has to wait for. The
    first failure is the build's: `halt` is pressed then, and `stop` is called until no thread is
    left; it ends what they wait for outside of this process.
    """

    def __init__(
        self, build: Callable[[int], object], stop: Callable[[], object], halt: Halt
    ) -> None:
        self._build = build
        self._stop = stop
        self._halt = halt
        self._changed = threading.Condition()
        self._begun: set[int] = set()
        self._running: set[int] = set()
        self._results: dict[int, Result] = {}
        self._error: BaseException | None = None

    def run(self, stages: Sequence[int]) -> tuple[Result, ...]:
        """Have stages built; to be called by the main thread, which signals can interrupt here.

        Raises what a stage has raised. No thread is left afterwards, however it ends.
        """
        try:
            self.start(stages)
            with self._changed:
                while self._error is None and not self._complete(stages):
                    self._changed.wait()
        finally:
            self._end()
        if self._error is not None:
            raise self._error
        return tuple(self._results[stage] for stage in stages)

    def start(self, stages: Iterable[int]) -> None:
        """Begin with those stages that are not begun yet."""
        for stage in stages:
            with self._changed:
                if stage in self._begun:
                    continue
                self._begun.add(stage)
            threading.Thread(target=self._thread, args=(stage,), name=f"stage {stage}").start()

    def give(self, stage: int, result: Result) -> None:
        """Hand out the result of a stage."""
        with self._changed:
            self._results[stage] = result
            self._changed.notify_all()

    def wait(self, stage: int) -> Result:
        """The result of a stage, once it is there. Raises Canceled if it will not be."""
        self.start([stage])
        with self._changed:
            while stage not in self._results:
                self._halt.check()
                self._changed.wait()
            return self._results[stage]

    def _thread(self, stage: int) -> None:
        with self._changed:
            if self._halt.pressed:
                return  # nobody waits for us
            self._running.add(stage)
        error: BaseException | None = None
        try:
            self._build(stage)
        except Canceled:
            pass
        except BaseException as caught:  # noqa: BLE001 - raised again by `run`
            error = caught
        with self._changed:
            if error is not None and not self._halt.pressed:  # else it is due to that
                self._error = error
                self._halt.press()
            self._running.discard(stage)
            self._changed.notify_all()

    def _complete(self, stages: Sequence[int]) -> bool:
        """Whether all have a result, and nobody whose result was of use is at work any more."""
        done = all(stage in self._results for stage in stages)
        return done and self._running.isdisjoint(self._results)

    def _end(self) -> None:
        with self._changed:
            self._halt.press()
            self._changed.notify_all()
        try:
            self._stop_all()
        except BaseException:  # a signal; others are ignored from now on
            self._stop_all()
            raise

    def _stop_all(self) -> None:
        while self._left():
            self._stop()

    def _left(self) -> bool:
        """Whether a thread is left; gives those that are about to end the time to."""
        with self._changed:
            return not self._changed.wait_for(lambda: not self._running, STOP_SECONDS)

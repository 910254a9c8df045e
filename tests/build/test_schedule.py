"""Threads of stages: who waits for whom, and how all come to an end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from rootbuild.build.halt import Canceled, Halt
from rootbuild.build.schedule import Scheduler

Build = Callable[[Scheduler[int], int], int]


def scheduler(build: Build, stop: Callable[[], object] = lambda: None) -> Scheduler[int]:
    made: Scheduler[int] = Scheduler(
        lambda stage: made.give(stage, build(made, stage)), stop, Halt()
    )
    return made


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("stage")]


def test_each_stage_is_built_once_for_all_that_wait() -> None:
    built = []

    def build(stages: Scheduler[int], stage: int) -> int:
        built.append(stage)
        if stage == 0:
            return 1
        stages.start(range(stage))
        return sum(stages.wait(other) for other in range(stage))

    assert scheduler(build).run([6]) == (32,)
    assert sorted(built) == list(range(7))
    assert threads() == []


def test_stages_run_side_by_side() -> None:
    """None can end before all have begun."""
    together = threading.Barrier(8, timeout=10)

    def build(stages: Scheduler[int], stage: int) -> int:
        if stage == 8:
            stages.start(range(8))
            return sum(stages.wait(other) for other in range(8))
        together.wait()
        return stage

    assert scheduler(build).run([8]) == (28,)


def test_the_first_failure_ends_all() -> None:
    """Those that wait for a stage, and those that wait for something else, which `stop` ends.

    What these make of their end is not told.
    """
    ended, begun = threading.Event(), threading.Event()
    canceled = []

    def build(stages: Scheduler[int], stage: int) -> int:
        if stage == 1:
            assert begun.wait(10)
            raise ValueError("first")
        if stage == 2:
            begun.set()
            assert ended.wait(10)
            raise ValueError("second")
        try:
            stages.start([1, 2])
            return stages.wait(2) + stages.wait(1)
        except Canceled:
            canceled.append(stage)
            raise

    with pytest.raises(ValueError, match="first"):
        scheduler(build, ended.set).run([0])
    assert canceled == [0]
    assert threads() == []


def test_an_interruption_of_the_main_thread_ends_all() -> None:
    ended = threading.Event()

    def build(stages: Scheduler[int], stage: int) -> int:
        if stage == 0:
            return stages.wait(1)
        os.kill(os.getpid(), signal.SIGINT)
        assert ended.wait(10)
        return 1

    with pytest.raises(KeyboardInterrupt):
        scheduler(build, ended.set).run([0])
    assert threads() == []


def test_what_nobody_needs_any_more_is_ended() -> None:
    ended = threading.Event()

    def build(stages: Scheduler[int], stage: int) -> int:
        if stage == 0:
            stages.start([1])
            return 7
        assert ended.wait(10)
        raise ValueError("too late")

    assert scheduler(build, ended.set).run([0]) == (7,)
    assert threads() == []


class TestAfterItsResult:
    """A stage may go on when it has handed out its result."""

    def test_others_need_not_wait_for_it(self) -> None:
        gone_on, ended = threading.Event(), []

        def build(stage: int) -> None:
            if stage == 0:
                assert stages.wait(1) == 7
                gone_on.set()
                stages.give(0, 8)
            else:
                stages.give(1, 7)
                assert gone_on.wait(10)
                time.sleep(0.1)
                ended.append(stage)

        stages: Scheduler[int] = Scheduler(build, lambda: None, Halt())
        assert stages.run([0]) == (8,)
        assert ended == [1], "the build waits for what is still done"

    def test_it_may_fail(self) -> None:
        def build(stage: int) -> None:
            if stage == 0:
                stages.give(0, stages.wait(1))
            else:
                stages.give(1, 7)
                raise ValueError("late")

        stages: Scheduler[int] = Scheduler(build, lambda: None, Halt())
        with pytest.raises(ValueError, match="late"):
            stages.run([0])


def test_after_the_end_nothing_begins() -> None:
    halt = Halt()
    built: list[int] = []
    stages: Scheduler[int] = Scheduler(built.append, lambda: None, halt)
    halt.press()
    stages.start([3])
    with pytest.raises(Canceled):
        stages.wait(3)
    assert built == []


class TestHalt:
    def test_what_fails_afterwards_is_not_to_blame(self) -> None:
        halt = Halt()
        with pytest.raises(ValueError, match="own fault"), halt.blamed():
            raise ValueError("own fault")
        halt.press()
        with pytest.raises(Canceled), halt.blamed():
            raise ValueError("killed")

    def test_what_looks_well_afterwards_is_not_to_be_trusted(self) -> None:
        halt = Halt()
        with pytest.raises(Canceled), halt.blamed():
            halt.press()

    def test_a_pause_ends_early(self) -> None:
        halt = Halt()
        halt.pause(0.001)
        threading.Timer(0.05, halt.press).start()
        with pytest.raises(Canceled):
            halt.pause(60)


def test_a_signal_while_the_threads_end_leaves_none() -> None:
    """Here the result is there already, and a stage is ended that turned out not to be needed."""
    ended, stops = threading.Event(), []

    def build(stages: Scheduler[int], stage: int) -> int:
        if stage == 1:
            assert ended.wait(10)
        else:
            stages.start([1])
        return stage

    def stop() -> None:
        stops.append(threads())
        if len(stops) == 1:
            raise KeyboardInterrupt
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        scheduler(build, stop).run([0])
    assert stops == [["stage 1"], ["stage 1"]]
    assert threads() == []

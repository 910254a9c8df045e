"""Who may work at once."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import pytest

from rootbuild.build.halt import Canceled, Halt
from rootbuild.build.turns import Turns


@dataclass
class Crowd:
    """Threads that take turns and keep them until they are told to let go."""

    busy: int = 0
    halt: Halt = field(default_factory=Halt)
    inside: list[int] = field(default_factory=list)
    leave: dict[int, threading.Event] = field(default_factory=dict)
    canceled: list[int] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def enter(self, turn: Callable[[], contextlib.AbstractContextManager[None]]) -> int:
        number = next(self.numbers)
        self.leave[number] = threading.Event()

        def work() -> None:
            try:
                with turn():
                    self.inside.append(number)
                    self.leave[number].wait(30)
                    self.inside.remove(number)
            except Canceled:
                self.canceled.append(number)

        self.threads.append(threading.Thread(target=work))
        self.threads[-1].start()
        return number

    def working(self, threads: Collection[int]) -> int:
        """As many of these as are said to be busy."""
        return min(self.busy, len(threads))

    def settled(self, inside: int) -> bool:
        """Whether as many get inside, and no more in the time that it takes to look twice."""
        deadline = time.monotonic() + 10
        while len(self.inside) < inside and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.15)
        return len(self.inside) == inside


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    made = Crowd()
    yield made
    made.halt.press()
    for event in made.leave.values():
        event.set()
    for thread in made.threads:
        thread.join()


def test_as_many_as_there_are_jobs(crowd: Crowd) -> None:
    turns = Turns(2, crowd.halt, crowd.working)
    for _ in range(5):
        crowd.enter(turns.work)
    assert crowd.settled(2)
    crowd.leave[crowd.inside[0]].set()
    assert crowd.settled(2)
    for event in crowd.leave.values():
        event.set()
    assert crowd.settled(0)


def test_what_nobody_waits_for_leaves_room(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """As much of it as there are processors; the other places are for what is waited for."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    turns = Turns(4, crowd.halt, crowd.working)
    for _ in range(5):
        crowd.enter(turns.unhurried_work)
    assert crowd.settled(2)
    for _ in range(3):
        crowd.enter(turns.work)
    assert crowd.settled(4)


def test_commands_that_only_wait_do_not_count(crowd: Crowd) -> None:
    turns = Turns(2, crowd.halt, crowd.working)
    for _ in range(8):
        crowd.enter(turns.command)
    assert crowd.settled(8)


def test_with_one_job_commands_that_wait_count_too(crowd: Crowd) -> None:
    turns = Turns(1, crowd.halt, crowd.working)
    for _ in range(3):
        crowd.enter(turns.command)
    assert crowd.settled(1)
    crowd.leave[crowd.inside[0]].set()
    assert crowd.settled(1)


def test_commands_at_work_count(crowd: Crowd) -> None:
    turns = Turns(2, crowd.halt, crowd.working)
    crowd.busy = 2
    for _ in range(5):
        crowd.enter(turns.command)
    assert crowd.settled(2)
    crowd.busy = 1
    assert crowd.settled(5), "once a look shows that there is room"


def test_commands_do_not_hold_back_our_own_work(crowd: Crowd) -> None:
    turns = Turns(2, crowd.halt, crowd.working)
    crowd.busy = 9
    for _ in range(3):
        crowd.enter(turns.command)
        crowd.enter(turns.work)
    assert crowd.settled(4)


def test_the_threads_with_commands_are_looked_at(crowd: Crowd) -> None:
    """Not those that have just begun, which count, as they cannot be told yet."""
    seen: list[Collection[int]] = []

    def look(threads: Collection[int]) -> int:
        seen.append(threads)
        return len(threads)

    now = 0.0
    turns = Turns(2, crowd.halt, look, lambda: now)
    for _ in range(3):
        crowd.enter(turns.command)
    assert crowd.settled(2)
    assert not any(seen)
    now = 60.0
    assert crowd.settled(2)
    inside = {crowd.threads[number].native_id for number in crowd.inside}
    assert set(seen[-1]) == inside


def test_nobody_looks_while_there_is_room(crowd: Crowd) -> None:
    def look(_: Collection[int]) -> int:
        raise AssertionError("looked")

    turns = Turns(3, crowd.halt, look)
    for _ in range(3):
        crowd.enter(turns.command)
    assert crowd.settled(3)


def test_who_waits_hears_of_the_end(crowd: Crowd) -> None:
    turns = Turns(1, crowd.halt, crowd.working)
    for _ in range(4):
        crowd.enter(turns.work)
    assert crowd.settled(1)
    crowd.halt.press()
    deadline = time.monotonic() + 10
    while len(crowd.canceled) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert len(crowd.canceled) == 3
    with pytest.raises(Canceled), turns.command():
        pass

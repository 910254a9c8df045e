"""How an engine lets somebody else choose among several ways to the same end.

An engine knows its ways and how to try one for real. Who orders one (the command line, a file), and
what worked on this host before, is known above: an object that keeps to `Choices` is handed down.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from rootbuild.records import dataclass

Question = Literal["isolation", "runtime", "network-helper"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way. `attempt` tries it for real, and gives "" if it works, else what went wrong."""

    name: str
    attempt: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Choice:
    """The way to go, "" if none works. One that was `ordered` is gone or the step fails."""

    way: str
    ordered: bool = False


class Choices(Protocol):
    """Answers an engine's questions."""

    def wanted(self, question: Question) -> str:
        """What the user ordered, "" if nothing."""
        ...

    def choose(self, question: Question, ways: Sequence[Way]) -> Choice:
        """One of the ways; the likeliest come first. Raises HostError for an order of another."""
        ...

    def forget(self, question: Question) -> None:
        """What was chosen has failed: it has to be found out again."""
        ...


class Unadvised:
    """Takes the first way that works, and knows it as long as it lives."""

    def __init__(self) -> None:
        self._made: dict[Question, Choice] = {}
        self._lock = threading.RLock()

    def wanted(self, question: Question) -> str:
        """See `Choices`."""
        return ""

    def choose(self, question: Question, ways: Sequence[Way]) -> Choice:
        """See `Choices`."""
        with self._lock:
            if question not in self._made:
                working = (way.name for way in ways if not way.attempt())
                self._made[question] = Choice(next(working, ""))
            return self._made[question]

    def forget(self, question: Question) -> None:
        """See `Choices`."""
        with self._lock:
            self._made.pop(question, None)

"""What a build has told so far, as far as a terminal has room for it."""

from __future__ import annotations

import re
from typing import Literal

from rootbuild.progress.findings import Built, Finding, Outline
from rootbuild.progress.reporter import CANCELED, Measure
from rootbuild.records import dataclass, field

Outcome = Literal["running", "done", "cached", "failed", "canceled"]

TAIL_BYTES = 4096
_STEP = re.compile(r"\[(?P<label>(?!internal\]|context ).*?) *(?P<number>\d+)/(?P<total>\d+)\] ")


@dataclass(slots=True)
class Item:
    """Something that is being moved: bytes so far, bytes in all (0: unknown), when it began."""

    began: float
    current: int = 0
    total: int = 0
    measure: Measure | None = None

    def look(self) -> None:
        """See how far it has got, if it is one that has to be asked. It never goes back."""
        if self.measure is not None:
            current, total = self.measure()
            self.current, self.total = max(current, self.current), max(total, self.total)


@dataclass(slots=True)
class Vertex:
    """A vertex; `tail` is the end of its output, `stage` the label of the stage that it is in."""

    number: int
    name: str
    began: float
    stage: str | None = None
    ended: float = 0.0
    outcome: Outcome = "running"
    message: str = ""
    tail: bytes = b""
    remark: str = ""
    items: dict[str, Item] = field(default_factory=dict)


@dataclass(slots=True)
class Counts:
    """How many steps there are, as far as it is known, and how many of them are over."""

    total: int = 0
    cached: int = 0
    done: int = 0


class State:
    """Changed by a reporter's calls, under its lock."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.running: dict[int, Vertex] = {}
        self.over: list[Vertex | str] = []
        self.counts = Counts()
        self.failed = self.canceled = False
        self.built: Built | None = None
        self._places: dict[str, int] = {}

    def start(self, number: int, name: str, now: float) -> None:
        """A vertex begins."""
        self.running[number] = Vertex(number, name, now, self._stage(name))

    def cached(self, number: int, name: str, now: float) -> None:
        """A vertex whose result is known."""
        self.over.append(Vertex(number, name, now, ended=now, outcome="cached"))
        self.counts.cached += _STEP.match(name) is not None

    def log(self, number: int, data: bytes) -> None:
        """Keep the end of what it prints."""
        vertex = self.running[number]
        vertex.tail = (vertex.tail + data)[-TAIL_BYTES:]

    def progress(self, number: int, item: str, current: int, total: int, now: float) -> None:
        """How far an item has got."""
        found = self.running[number].items.setdefault(item, Item(now))
        found.current, found.total = current, total

    def gauge(self, number: int, item: str, measure: Measure, now: float) -> None:
        """An item that has to be asked how far it has got."""
        self.running[number].items[item] = Item(now, measure=measure)

    def measure(self) -> None:
        """Ask all of those."""
        for vertex in self.running.values():
            for item in vertex.items.values():
                item.look()

    def end(self, number: int, outcome: Outcome, message: str, now: float) -> None:
        """A vertex is over."""
        vertex = self.running.pop(number)
        for item in vertex.items.values():
            item.look()
            item.measure = None
        vertex.ended, vertex.outcome, vertex.message = now, outcome, message
        self.failed |= outcome == "failed"
        self.canceled |= outcome == "canceled"
        self.counts.done += outcome == "done" and vertex.stage is not None
        self.over.append(vertex)

    def tell(self, finding: Finding) -> None:
        """The number of steps, the order of stages, and the result are shown."""
        if isinstance(finding, Outline):
            self.counts.total = sum(len(stage.steps) for stage in finding.stages)
            self._places = {stage.name: place for place, stage in enumerate(finding.stages)}
        elif isinstance(finding, Built):
            self.built = finding

    def take_over(self) -> list[Vertex | str]:
        """What has ended since this was last asked for, and warnings, in their order."""
        found, self.over = self.over, []
        return found

    def shown(self) -> list[Vertex]:
        """What runs: stages in the order of the file, so that they keep their places."""
        last = len(self._places)

        def place(vertex: Vertex) -> tuple[int, int]:
            known = self._places.get(vertex.stage or "", last)
            return (-1 if vertex.stage is None else known, vertex.number)

        return sorted(self.running.values(), key=place)

    def _stage(self, name: str) -> str | None:
        """The label of the stage that a step is in; None for what is no step."""
        found = _STEP.match(name)
        return None if found is None else found["label"]


def outcome(message: str) -> Outcome:
    """What became of a vertex that ended with a message."""
    return "canceled" if message == CANCELED else "failed"

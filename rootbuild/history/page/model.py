"""What a page shows, gathered from a record's events."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from rootbuild.history.record import Event, data
from rootbuild.history.replay import load_finding
from rootbuild.progress.findings import (
    Built,
    ContextSize,
    Outline,
    Reasons,
    StageOutline,
)
from rootbuild.progress.reporter import CANCELED
from rootbuild.records import dataclass, field

Outcome = Literal["done", "cached", "failed", "canceled", "running"]

_STEP = re.compile(r"\[(?P<label>(?!internal\]|context ).*?) *\d+/\d+\] ")
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]")


@dataclass(slots=True)
class Vertex:
    """A vertex with its times, in seconds since the build began; `stage` None is no step."""

    number: int
    name: str
    stage: str | None
    start: float
    end: float = -1.0
    outcome: Outcome = "running"
    message: str = ""
    log: bytearray = field(default_factory=bytearray)
    remarks: list[str] = field(default_factory=list)
    reasons: tuple[str, ...] = ()
    moved: int = 0

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(self.end - self.start, 0.0)

    @property
    def text(self) -> str:
        """Its output as text: no sequences for terminals, only the last state of each line."""
        found = _ESCAPES.sub("", bytes(self.log).decode("utf-8", "replace"))
        return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in found.split("\n"))


@dataclass(slots=True)
class Model:
    """All of a build."""

    vertices: dict[int, Vertex] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    outline: Outline | None = None
    context: ContextSize | None = None
    built: Built | None = None
    last: float = 0.0

    @property
    def stages(self) -> tuple[StageOutline, ...]:
        """The stages; where nothing was to be done, those that the steps' names tell."""
        if self.outline is not None:
            return self.outline.stages
        names = dict.fromkeys(v.stage for v in self.vertices.values() if v.stage is not None)
        return tuple(StageOutline(name, "", (), ()) for name in names)

    def of(self, stage: str | None) -> list[Vertex]:
        """The vertices of a stage; None: all that is no step."""
        return [vertex for vertex in self.vertices.values() if vertex.stage == stage]


def gather(events: Iterable[Event]) -> Model:
    """Read a record to its end, or to where it breaks off."""
    model = Model()
    for event in events:
        _take(model, event)
    for vertex in model.vertices.values():
        if vertex.end < 0:
            vertex.end = model.last
    return model


def _take(model: Model, event: Event) -> None:
    at, kind, *rest = event
    model.last = max(model.last, at)
    match kind:
        case "start" | "cached":
            number, name = rest
            found = _STEP.match(name)
            vertex = Vertex(number, name, None if found is None else found["label"], at)
            model.vertices[number] = vertex
            if kind == "cached":
                vertex.end, vertex.outcome = at, "cached"
        case "warn":
            model.warnings.append(rest[0])
        case "tell":
            _tell(model, *rest)
        case "log" | "status" | "progress" | "done" | "failed" if rest[0] in model.vertices:
            _more(model.vertices[rest[0]], at, kind, rest[1:])


def _more(vertex: Vertex, at: float, kind: str, rest: list[object]) -> None:
    match kind:
        case "log":
            vertex.log += data(str(rest[0]))
        case "status" if not str(rest[0]).startswith("why: "):
            vertex.remarks.append(str(rest[0]))
        case "progress":
            vertex.moved += int(str(rest[1]))
        case "done":
            vertex.end, vertex.outcome = at, "done"
        case "failed":
            vertex.end, vertex.message = at, str(rest[0])
            vertex.outcome = "canceled" if vertex.message == CANCELED else "failed"


def _tell(model: Model, kind: str, found: dict[str, object]) -> None:
    finding = load_finding(kind, found)
    match finding:
        case Outline():
            model.outline = finding
        case ContextSize():
            model.context = finding
        case Built():
            model.built = finding
        case Reasons() if finding.vertex in model.vertices:
            model.vertices[finding.vertex].reasons = finding.texts

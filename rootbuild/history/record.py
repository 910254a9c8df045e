"""A build's record: a file of lines, each JSON.

The first line is the head, the last one the end, which is missing while a build runs and for good
if it is killed. In between is an event a line: `[seconds, kind, ...]`, one kind for each method of
a `Reporter`. So a record can be written bit by bit, and be replayed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from rootbuild.progress.findings import (
    Built,
    ContextSize,
    Finding,
    Layer,
    Outline,
    Reasons,
    StageOutline,
)
from rootbuild.progress.reporter import Reporter

VERSION = 1

Status = Literal["running", "completed", "error", "canceled", "killed"]
Json = dict[str, Any]
Event = list[Any]


@dataclass(frozen=True, slots=True)
class Head:
    """What a build was asked for; `started` is in seconds since 1970.

    Of build arguments that are named as if they held secrets there are only the names.
    """

    id: str
    started: float
    context: str = ""
    dockerfile: str = ""
    target: str = ""
    platform: str = ""
    engine: str = ""
    program: str = ""
    tags: tuple[str, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    pid: int = 0

    @property
    def name(self) -> str:
        """What people know the build by: its first tag, or where it was started."""
        if self.tags:
            return self.tags[0]
        return self.target or self.context.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class End:
    """How a build ended, and how many of its `total` steps were `cached`, or `done` by it."""

    seconds: float
    status: Status
    image: str = ""
    message: str = ""
    error: str = ""
    detail: str = ""
    excerpt: str = ""
    hint: str = ""
    total: int = 0
    cached: int = 0
    done: int = 0


def dump_head(head: Head) -> str:
    """The head as a line."""
    return _line({"version": VERSION, **{f.name: getattr(head, f.name) for f in fields(Head)}})


def dump_end(end: End) -> str:
    """The end as a line."""
    return _line({f.name: getattr(end, f.name) for f in fields(End)})


def dump_event(event: Event) -> str:
    """An event as a line."""
    return _line(event)


def load_head(line: str) -> Head | None:
    """The head that a line is; None if it is none that we know."""
    found = _parsed(line)
    if not isinstance(found, dict) or found.pop("version", None) != VERSION:
        return None
    try:
        return Head(**{**found, "tags": tuple(found["tags"]), "options": tuple(found["options"])})
    except (TypeError, LookupError):
        return None


def load_end(line: str) -> End | None:
    """The end that a line is; None if it is none."""
    found = _parsed(line)
    try:
        return End(**found) if isinstance(found, dict) and "status" in found else None
    except TypeError:
        return None


def load_event(line: str) -> Event | None:
    """The event that a line is; None if it is none, such as one that was cut off."""
    found = _parsed(line)
    return found if isinstance(found, list) and len(found) > 1 else None


def dump_finding(finding: Finding) -> Event:
    """A finding as the end of an event."""
    return [type(finding).__name__, asdict(finding)]


def load_finding(kind: str, found: Json) -> Finding | None:
    """A finding out of that form; None if it is of a kind that we do not know."""
    match kind:
        case "Outline":
            stages = tuple(
                StageOutline(s["name"], s["base"], tuple(s["needs"]), tuple(s["steps"]))
                for s in found["stages"]
            )
            return Outline(stages, found["target"])
        case "Reasons":
            return Reasons(found["vertex"], tuple(found["texts"]))
        case "ContextSize":
            return ContextSize(
                found["files"], found["bytes"], _pairs(found["largest"]), _pairs(found["folders"])
            )
        case "Built":
            layers = tuple(Layer(**layer) for layer in found["layers"])
            return Built(found["image"], tuple(found["names"]), found["bytes"], layers)
    return None


def data(text: str) -> bytes:
    """The bytes of a log event."""
    return text.encode("utf-8", "surrogateescape")


def text(data: bytes) -> str:
    """Bytes as a log event has them."""
    return data.decode("utf-8", "surrogateescape")


def replay(events: Iterator[Event], reporter: Reporter, at: Callable[[float], object]) -> None:
    """Tell a reporter all that happened; `at` gets the time of each event first."""
    for event in events:
        seconds, kind, *rest = event
        at(seconds)
        match kind:
            case "log":
                reporter.log(rest[0], data(rest[1]))
            case "tell":
                finding = load_finding(*rest)
                if finding is not None:
                    reporter.tell(finding)
            case "start" | "cached" | "status" | "progress" | "done" | "failed" | "warn":
                getattr(reporter, kind)(*rest)
    reporter.close()


def _pairs(rows: list[list[Any]]) -> tuple[tuple[str, int], ...]:
    return tuple((str(path), int(size)) for path, size in rows)


def _line(content: object) -> str:
    return json.dumps(content, separators=(",", ":")) + "\n"


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None

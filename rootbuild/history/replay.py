"""A record's events told again to a reporter, and its findings as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rootbuild.history.record import Event, Json, data
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


def _pairs(rows: list[list[Any]]) -> tuple[tuple[str, int], ...]:
    return tuple((str(path), int(size)) for path, size in rows)

"""Records of builds as text and as data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from rootbuild.history.folder import Record
from rootbuild.history.replay import load_finding
from rootbuild.progress.findings import Built, ContextSize
from rootbuild.progress.units import seconds, size

MOST_SHOWN = 5


def summary(record: Record, *, whole: bool = False, events: bool = False) -> dict[str, Any]:
    """A record as JSON, with buildx's names where it has them."""
    head, end = record.head, record.end
    found: dict[str, Any] = {
        "ref": head.id,
        "name": head.name,
        "status": record.status.capitalize(),
        "created_at": _date(head.started),
        "total_steps": end.total if end else 0,
        "completed_steps": (end.done + end.cached) if end else 0,
        "cached_steps": end.cached if end else 0,
    }
    if end is not None:
        found["completed_at"] = _date(head.started + end.seconds)
    if whole:
        found |= {
            "context": head.context,
            "dockerfile": head.dockerfile,
            "target": head.target,
            "platform": head.platform,
            "engine": head.engine,
            "program": head.program,
            "tags": list(head.tags),
            "build_args": dict(head.arguments),
            "labels": dict(head.labels),
            "options": list(head.options),
            "duration": record.seconds,
            "image": f"sha256:{end.image}" if end and end.image else "",
            "error": _error(record),
            "warnings": [event[2] for event in record.events() if event[1] == "warn"],
        }
    if events:
        found["events"] = list(record.events())
    return found


def inspected(record: Record) -> str:
    """A record for people."""
    parts = ["\n".join(_overview(record)), *_sections(record)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _overview(record: Record) -> Iterator[str]:
    head, end = record.head, record.end
    started = datetime.fromtimestamp(head.started).astimezone()
    lines = {
        "Name": head.name,
        "Build ID": head.id,
        "Context": head.context,
        "Dockerfile": head.dockerfile,
        "Target": head.target,
        "Platform": head.platform,
        "Engine": head.engine,
        "Options": " ".join(head.options),
        "Started": f"{started:%Y-%m-%d %H:%M:%S}",
        "Status": record.status.capitalize(),
    }
    if record.seconds is not None:
        lines["Duration"] = seconds(record.seconds)
    if end is not None and end.total:
        percent = 100 * end.cached // end.total
        lines["Build Steps"] = f"{end.done + end.cached}/{end.total} ({percent}% cached)"
    if end is not None and end.image:
        lines["Image"] = f"sha256:{end.image}"
    for name, text in lines.items():
        if text:
            yield f"{name + ':':<15} {text}"


def _sections(record: Record) -> Iterator[str]:
    head = record.head
    if head.arguments:
        yield _table("BUILD ARG", "VALUE", head.arguments.items())
    if head.tags:
        yield "TAGS\n" + "\n".join(head.tags)
    warnings = []
    for event in record.events():
        if event[1] == "warn":
            warnings.append(event[2])
        if event[1] == "tell":
            finding = load_finding(*event[2:4])
            if isinstance(finding, ContextSize):
                yield _context(finding)
            elif isinstance(finding, Built):
                yield _layers(finding)
    if warnings:
        yield "WARNINGS\n" + "\n".join(warnings)
    end = record.end
    if end is not None and end.message:
        parts = (f"ERROR\n{end.message}", end.excerpt, end.detail, end.hint)
        yield "\n".join(part for part in parts if part)


def _context(found: ContextSize) -> str:
    rows = [(path, size(count)) for path, count in found.largest[:MOST_SHOWN]]
    title = f"CONTEXT ({size(found.bytes)} in {found.files} files)"
    return _table(title, "SIZE", rows)


def _layers(found: Built) -> str:
    rows = [(layer.created_by[:70], size(layer.bytes)) for layer in found.layers]
    return _table(f"LAYER (image: {size(found.bytes)})", "SIZE", rows) if rows else ""


def _table(left: str, right: str, rows: Any) -> str:
    found = [(left, right), *rows]
    width = max(len(name) for name, _ in found)
    return "\n".join(f"{name:<{width}}   {value}".rstrip() for name, value in found)


def _error(record: Record) -> dict[str, str] | None:
    end = record.end
    if end is None or not end.message:
        return None
    return {
        "id": end.error,
        "message": end.message,
        "excerpt": end.excerpt,
        "detail": end.detail,
        "hint": end.hint,
    }


def _date(at: float) -> str:
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%dT%H:%M:%S.%f}Z"

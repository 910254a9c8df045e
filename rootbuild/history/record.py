"""A build's record: a file of lines, each JSON.

The first line is the head, the last one the end, which is missing while a build runs and for good
if it is killed. In between is an event a line: `[seconds, kind, ...]`, one kind for each method of
a `Reporter`. So a record can be written bit by bit, and be replayed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from rootbuild.records import asdict

if TYPE_CHECKING:  # a build with nothing to do finds nothing out
    from rootbuild.progress.findings import Finding

VERSION = 1

Status = Literal["running", "completed", "error", "canceled", "killed"]
Json = dict[str, Any]
Event = list[Any]


class Head(NamedTuple):
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
    arguments: Mapping[str, str] = MappingProxyType({})
    labels: Mapping[str, str] = MappingProxyType({})
    options: tuple[str, ...] = ()
    pid: int = 0

    @property
    def name(self) -> str:
        """What people know the build by: its first tag, or where it was started."""
        if self.tags:
            return self.tags[0]
        return self.target or self.context.rstrip("/").rpartition("/")[2]


class End(NamedTuple):
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
    asked = {"arguments": dict(head.arguments), "labels": dict(head.labels)}
    return _line({"version": VERSION, **head._asdict(), **asked})


def dump_end(end: End) -> str:
    """The end as a line."""
    return _line(end._asdict())


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


def data(text: str) -> bytes:
    """The bytes of a log event."""
    return text.encode("utf-8", "surrogateescape")


def text(data: bytes) -> str:
    """Bytes as a log event has them."""
    return data.decode("utf-8", "surrogateescape")


def _line(content: object) -> str:
    return json.dumps(content, separators=(",", ":")) + "\n"


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None

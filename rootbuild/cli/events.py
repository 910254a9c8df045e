"""`events`: the engine's events as they come, in Docker's words and form."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone

from rootbuild import process
from rootbuild.backend import Event
from rootbuild.cli import rows
from rootbuild.cli.parse import Parsed
from rootbuild.dockerfile.durations import parse_duration
from rootbuild.errors import DockerfileError, UsageError
from rootbuild.image import dates
from rootbuild.runtimes import choose_runtime
from rootbuild.template import Record

# Docker's words for what the engine calls otherwise; all others are the same.
_FILTERS = {
    "event=die": "event=died",
    "event=destroy": "event=remove",
    "event=delete": "event=remove",
}
_MARGIN = timedelta(seconds=0.5)


def run(parsed: Parsed) -> int:
    """Print events until somebody stops us, or `--until`."""
    runtime = choose_runtime()
    ends = [moment(text) for text in parsed.all("until")]
    words = [
        "events",
        "--format={{json .}}",
        *(f"--since={moment(text).isoformat()}" for text in parsed.all("since")),
        *(f"--until={_awaited(until).isoformat()}" for until in ends),
        *(f"--filter={_FILTERS.get(text, text)}" for text in parsed.all("filter")),
    ]
    form = parsed.text("format")
    with process.follow(runtime.command(words), runtime.environment()) as output:
        for line in output:
            event = runtime.event(line)
            if ends and event.nanoseconds > ends[-1].timestamp() * dates.SECOND:
                continue
            sys.stdout.write(rows.line(form, record(event)) if form else plain(event))
            sys.stdout.flush()
    return 0


def moment(text: str, now: datetime | None = None) -> datetime:
    """A time as Docker takes it: how long ago (`10m`), seconds since 1970, or a date.

    Raises UsageError.
    """
    at = now or datetime.now(timezone.utc)
    try:
        if text[-1:].isalpha() and text[-1:] != "Z":
            return at - timedelta(seconds=parse_duration(text) / dates.SECOND)
        if text.replace(".", "", 1).isdigit():
            return datetime.fromtimestamp(float(text), timezone.utc)
        return datetime.fromtimestamp(dates.nanoseconds(text) / dates.SECOND, timezone.utc)
    except (DockerfileError, ValueError) as error:
        message = f'failed to parse value as time or duration: "{text}"'
        raise UsageError(message, exit_code=1) from error


def _awaited(until: datetime) -> datetime:
    """When the engine may stop: told of a time that is over, it may say nothing at all."""
    return max(until, datetime.now(timezone.utc) + _MARGIN)


def record(event: Event) -> Record:
    """An event as Docker has it: also with the fields of old, for containers and images."""
    new = Record(
        Type=event.kind,
        Action=event.action,
        Actor=Record(ID=event.id, Attributes=dict(event.attributes)),
        scope="local",
        time=event.nanoseconds // dates.SECOND,
        timeNano=event.nanoseconds,
    )
    if event.kind not in ("container", "image"):
        return new
    old = Record(status=event.action, id=event.id)
    if event.kind == "container":
        old["from"] = event.attributes.get("image", "")
    return Record(old, **new)


def plain(event: Event) -> str:
    """A line for people: when, what, and in brackets the rest."""
    seconds, rest = divmod(event.nanoseconds, dates.SECOND)
    at = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    more = ", ".join(f"{key}={value}" for key, value in sorted(event.attributes.items()))
    return f"{at}.{rest:09}Z {event.kind} {event.action} {event.id}" + (
        f" ({more})\n" if more else "\n"
    )

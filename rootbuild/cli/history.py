"""`history ls|inspect|logs|export|open|rm`: what is remembered of builds."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO

from rootbuild.cli import rows
from rootbuild.cli.history_texts import inspected, summary
from rootbuild.cli.parse import Parsed
from rootbuild.cli.recording import history_folder
from rootbuild.cli.reporters import PROGRESS, make_reporter
from rootbuild.errors import HostError, UsageError
from rootbuild.history import folder
from rootbuild.history.folder import Record
from rootbuild.history.replay import replay
from rootbuild.runtime.display import age
from rootbuild.template import Record as Fields

_HEADERS = {
    "Ref": "BUILD ID",
    "Name": "NAME",
    "Status": "STATUS",
    "CreatedAt": "CREATED AT",
    "Duration": "DURATION",
}
_NAME_CELLS = 36
_FORMATS = ("json", "rawjson", "html")
_FILTERS: dict[str, Callable[[Record], str]] = {
    "status": lambda record: record.status,
    "name": lambda record: record.head.name,
    "target": lambda record: record.head.target,
    "id": lambda record: record.head.id,
    "ref": lambda record: record.head.id,
}


def ls(parsed: Parsed) -> int:
    """List records, those of running builds first, then the latest."""
    found = [record for record in folder.records(history_folder()) if _wanted(parsed, record)]
    found.sort(key=lambda record: record.status != "running")
    form = parsed.text("format")
    if form == "json":
        return rows.write("".join(json.dumps(summary(record)) + "\n" for record in found))
    whole = parsed.switch("no-trunc") or form not in ("", "table")
    shown = (_row(record, whole=whole) for record in found)
    return rows.write(rows.many(form, shown, _HEADERS, tuple(_HEADERS)))


def inspect(parsed: Parsed) -> int:
    """Tell about one build."""
    record = _found(parsed)
    form = parsed.text("format")
    if not form:
        return rows.write(inspected(record))
    return rows.write(rows.one(form, Fields(summary(record, whole=True))))


def logs(parsed: Parsed) -> int:
    """Print what the build has printed, on standard error as buildx does."""
    name = parsed.text("progress") or "plain"
    if name not in PROGRESS:
        raise UsageError(f"invalid progress mode {name}", hint="one of: " + ", ".join(PROGRESS))
    _replayed(_found(parsed), "plain" if name == "auto" else name, sys.stderr)
    return 0


def export(parsed: Parsed) -> int:
    """Write a record for other programs, or for people who have none of ours."""
    form = parsed.text("format") or "json"
    if form not in _FORMATS:
        raise UsageError(
            f'invalid argument "{form}" for "--format" flag', hint="one of: " + ", ".join(_FORMATS)
        )
    record, output = _found(parsed), parsed.text("output")
    if output in ("", "-"):
        _export(record, form, sys.stdout)
        return 0
    with _written(Path(output)) as stream:
        _export(record, form, stream)
    return 0


def open(parsed: Parsed) -> int:
    """Write a page about a build, and show it."""
    record = _found(parsed)
    path = Path(parsed.text("output") or history_folder() / "build.html")
    with _written(path) as stream:
        _export(record, "html", stream)
    sys.stdout.write(f"{path}\n")
    sys.stdout.flush()
    if not parsed.switch("no-browser"):
        _browse(path)
    return 0


def rm(parsed: Parsed) -> int:
    """Remove records."""
    if parsed.switch("all") == bool(parsed.args):
        raise UsageError("either name builds, or use --all", exit_code=1)
    where = history_folder()
    if parsed.switch("all"):
        folder.remove([record for record in folder.records(where) if record.status != "running"])
    else:
        folder.remove([folder.find(where, reference) for reference in parsed.args])
    return 0


def _found(parsed: Parsed) -> Record:
    return folder.find(history_folder(), parsed.args[0] if parsed.args else "")


def _wanted(parsed: Parsed, record: Record) -> bool:
    here = os.path.realpath(".")
    if parsed.switch("local") and not f"{record.head.context}/".startswith(f"{here}/"):
        return False
    return all(_matches(text, record) for text in parsed.all("filter"))


def _matches(text: str, record: Record) -> bool:
    name, _, value = text.partition("=")
    different = name.endswith("!")
    value_of = _FILTERS.get(name.removesuffix("!"))
    if value_of is None:
        raise UsageError(
            f"invalid filter {text}", hint="one of: " + ", ".join(_FILTERS), exit_code=1
        )
    return (value_of(record) == value) is not different


def _row(record: Record, *, whole: bool) -> Fields:
    head = record.head
    name = head.name
    if not whole and len(name) > _NAME_CELLS:
        name = "..." + name[-(_NAME_CELLS - 3) :]
    created = datetime.fromtimestamp(head.started, timezone.utc)
    return Fields(
        Ref=head.id,
        Name=name,
        Status=record.status.capitalize(),
        CreatedAt=age(created, datetime.now(timezone.utc)),
        Duration=_duration(record),
    )


def _duration(record: Record) -> str:
    seconds, more = record.seconds, ""
    if seconds is None:
        if record.status != "running":
            return ""
        seconds, more = time.time() - record.head.started, "+"
    if seconds < 60:
        return f"{seconds:.1f}s{more}"
    return f"{int(seconds // 60)}m {int(seconds % 60):2}s{more}"


def _replayed(record: Record, progress: str, stream: TextIO) -> None:
    """Have a reporter told again what happened; its clock shows the time of then."""
    if progress == "quiet":
        return
    clock = _Clock(record.head.started)
    if progress == "plain":
        from rootbuild.progress.plain import PlainReporter

        replay(record.events(), PlainReporter(stream, clock.now), clock.set)
    elif progress == "rawjson":
        from rootbuild.progress.rawjson import RawJsonReporter

        replay(record.events(), RawJsonReporter(stream, clock.now), clock.set)
    else:
        replay(record.events(), make_reporter(progress, stream), clock.set)


class _Clock:
    """Shows what it is set to: seconds after the beginning of a build."""

    def __init__(self, began: float) -> None:
        self._began = self._now = began

    def set(self, seconds: float) -> None:
        self._now = self._began + seconds

    def now(self) -> float:
        return self._now


def _export(record: Record, form: str, stream: TextIO) -> None:
    if form == "html":
        from rootbuild.history.page.page import page

        stream.write(page(record))
    elif form == "rawjson":
        _replayed(record, "rawjson", stream)
    else:
        stream.write(json.dumps(summary(record, whole=True, events=True), indent=1) + "\n")


class _written:  # noqa: N801 - used as a function
    """A file that is there as a whole, or not at all. Raises HostError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._staged = path.with_name(f".{path.name}.{os.getpid()}")

    def __enter__(self) -> TextIO:
        try:
            descriptor = os.open(self._staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise self._refused(error) from error
        self._stream = os.fdopen(descriptor, "w", encoding="utf-8", errors="replace")
        return self._stream

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, *_: object
    ) -> None:
        try:
            self._stream.close()
            if kind is None:
                os.replace(self._staged, self._path)
            else:
                self._staged.unlink(missing_ok=True)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._staged.unlink(missing_ok=True)
            raise self._refused(error) from error
        if isinstance(failure, OSError):
            raise self._refused(failure) from failure

    def _refused(self, error: OSError) -> HostError:
        return HostError(f"cannot write {self._path}: {error.strerror}", id="output-file")


def _browse(path: Path) -> None:
    """Show a file in the user's browser, if there is one: BROWSER, or the desktop's own."""
    from rootbuild import process

    for argv in _browsers(path):
        if process.find(argv[0]):
            process.foreground(argv)
            return
    sys.stderr.write("no browser was found: open the file in one, or set BROWSER\n")


def _browsers(path: Path) -> Iterator[Sequence[str]]:
    url = path.absolute().as_uri()
    for name in os.environ.get("BROWSER", "").split(":"):
        if name:
            yield [word.replace("%s", url) for word in name.split()] + (
                [] if "%s" in name else [url]
            )
    yield ["xdg-open", url]
    yield ["open", url]

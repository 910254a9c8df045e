"""The folder with all records: found, read, and kept within bounds."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootbuild.errors import HostError, RootbuildError
from rootbuild.history.bounds import held, record_names
from rootbuild.history.record import (
    End,
    Event,
    Head,
    Status,
    load_end,
    load_event,
    load_head,
)
from rootbuild.records import dataclass

_LAST_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Record:
    """A build: what it was asked for, how it ended if it did, and where its file is."""

    path: Path
    head: Head
    end: End | None
    status: Status

    @property
    def seconds(self) -> float | None:
        """How long it took; None if that is not known."""
        return None if self.end is None else self.end.seconds

    def events(self) -> Iterator[Event]:
        """Everything that happened, in its order."""
        with self.path.open(encoding="utf-8", errors="replace") as file:
            next(file, "")
            for line in file:
                event = load_event(line)
                if event is not None:
                    yield event


def records(folder: Path) -> Iterator[Record]:
    """All records, the latest first. Files that are none of ours are left alone."""
    for name in sorted(record_names(folder), reverse=True):
        found = read(folder / name)
        if found is not None:
            yield found


def find(folder: Path, reference: str) -> Record:
    """The record that is meant: an id or the beginning of one, `^N` for the Nth before the last.

    Nothing means the last. Raises HostError if there is none, or more than one.
    """
    if reference in ("", "latest") or reference.startswith("^"):
        return _nth(folder, reference)
    paths = [
        folder / name
        for name in record_names(folder)
        if name.partition("-")[2].startswith(reference.rpartition("/")[2])
    ]
    found = [record for record in map(read, paths) if record is not None]
    if len(found) > 1:
        raise HostError(
            f"{reference} is the beginning of several builds' ids: "
            + ", ".join(record.head.id for record in found),
            id="no-such-build",
            hint="give more of it",
        )
    if not found:
        raise _missing(f"no record found for {reference}")
    return found[0]


def read(path: Path) -> Record | None:
    """A record by its head and its end; None if it is gone, or no record."""
    try:
        with path.open("rb") as file:
            head = load_head(file.readline().decode("utf-8", "replace"))
            if head is None:
                return None
            file.seek(max(os.fstat(file.fileno()).st_size - _LAST_BYTES, 0))
            last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
            end = load_end(last.decode("utf-8", "replace"))
            status: Status = "killed" if end is None else end.status
            if end is None and held(file.fileno()):
                status = "running"
    except OSError:
        return None
    return Record(path, head, end, status)


def remove(found: Sequence[Record]) -> None:
    """Remove records. Raises HostError for one of a build that runs."""
    for record in found:
        if record.status == "running":
            raise HostError(
                f"build {record.head.id} is running", id="build-running", hint="stop it first"
            )
        with contextlib.suppress(FileNotFoundError):
            record.path.unlink()


def _nth(folder: Path, reference: str) -> Record:
    digits = reference.removeprefix("^") if reference.startswith("^") else "0"
    if not (digits or "1").isdigit():
        raise _missing(f"invalid reference {reference}")
    wanted = int(digits or "1")
    for place, record in enumerate(records(folder)):
        if place == wanted:
            return record
    raise _missing("no build is recorded" if wanted == 0 else f"no record found for {reference}")


def _missing(message: str) -> RootbuildError:
    return HostError(message, id="no-such-build", hint="rootbuild history ls shows all")

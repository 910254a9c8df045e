"""`cache ls|du|prune`, and `buildx du|prune`: what builds have kept."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from rootbuild import process
from rootbuild.backend import choose_backend
from rootbuild.build.ground import Folders
from rootbuild.build.kept.entry import KINDS, Entry, oldest_first, reclaimable, sizes, total
from rootbuild.build.kept.pantry import Pantry, Pruned
from rootbuild.build.kept.rules import Rules
from rootbuild.cli import rows
from rootbuild.cli.build import unwind_once
from rootbuild.cli.cache_rules import rules, tests
from rootbuild.cli.parse import Parsed
from rootbuild.cli.question import agreed
from rootbuild.host.folders import cache_folder, state_folder
from rootbuild.host.settings import read
from rootbuild.runtime.display import age, size, table
from rootbuild.template import Record

_UNSHARED = "all build cache that no image with a name shares"
_ALL = "all build cache"
_HEADERS = {
    "ID": "ID",
    "Type": "TYPE",
    "Size": "SIZE",
    "LastUsed": "LAST USED",
    "InUse": "IN USE",
    "Description": "DESCRIPTION",
    "Shared": "SHARED",
    "Reclaimable": "RECLAIMABLE",
}
_COLUMNS = ("ID", "Type", "Size", "LastUsed", "InUse", "Description")
_BUILDX_COLUMNS = {
    "ID": "ID",
    "Reclaimable": "RECLAIMABLE",
    "Size": "SIZE",
    "LastUsed": "LAST ACCESSED",
}
_TOTALS = {"Type": "TYPE", "Count": "COUNT", "Size": "SIZE", "Reclaimable": "RECLAIMABLE"}
_ID_CHARS = 12
_DESCRIPTION_CHARS = 60


def ls(parsed: Parsed) -> int:
    """List entries, those that were of use last first."""
    wanted, form = tests(parsed.all("filter")), parsed.text("format")

    def work(pantry: Pantry) -> int:
        entries = pantry.entries()
        own = sizes(entries)
        shown = [entry for entry in _latest_first(entries) if all(test(entry) for test in wanted)]
        whole = parsed.switch("no-trunc") or form not in ("", "table")
        records = (_record(entry, own[entry.id], whole=whole) for entry in shown)
        return rows.write(rows.many(form, records, _HEADERS, _COLUMNS))

    return _inside(work)


def du(parsed: Parsed) -> int:
    """Show how much of the disk the kinds of entries take."""
    form = parsed.text("format")

    def work(pantry: Pantry) -> int:
        entries = pantry.entries()
        kinds = {kind: [entry for entry in entries if entry.kind == kind] for kind in KINDS}
        shown = [*kinds.items(), ("total", entries)]
        records = (_totals(name, found) for name, found in shown if found or name == "total")
        return rows.write(rows.many(form, records, _TOTALS, tuple(_TOTALS)))

    return _inside(work)


def usage(parsed: Parsed) -> int:
    """List entries as buildx does (`buildx du`), and what they take together."""
    wanted, form = tests(parsed.all("filter")), parsed.text("format")

    def work(pantry: Pantry) -> int:
        entries = pantry.entries()
        own = sizes(entries)
        shown = [entry for entry in _latest_first(entries) if all(test(entry) for test in wanted)]
        records = [_record(entry, own[entry.id], whole=bool(form)) for entry in shown]
        if form:
            return rows.write(rows.many(form, records, _HEADERS, _COLUMNS))
        columns = {**_BUILDX_COLUMNS, **(_HEADERS if parsed.switch("verbose") else {})}
        text = rows.many("", records, columns, tuple(columns)) if records else ""
        sums = f"Reclaimable:\t{size(reclaimable(shown))}\nTotal:\t\t{size(total(shown))}\n"
        return rows.write(text + sums)

    return _inside(work)


def prune(parsed: Parsed) -> int:
    """Remove entries, and tell which."""
    wanted = rules(parsed)
    if not agreed(parsed, [_ALL if wanted.everything else _UNSHARED]):
        return 0

    def work(pantry: Pantry) -> int:
        pruned = pantry.prune(wanted)
        own = sizes(pruned.entries)
        lines = [("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED")]
        for entry in pruned.entries:
            used = _age(entry)
            lines.append((entry.id[:_ID_CHARS], "true", size(own[entry.id]), used))
        shown = table(lines) if pruned.entries else ""
        return rows.write(f"{shown}Total:\t{size(pruned.freed)}\n")

    return _inside(work)


def prune_by(wanted: Rules) -> list[str]:
    """Remove entries, for `system prune`; the ids of those that are gone."""
    pantry = _pantry()

    def work() -> bytes:
        pruned: Pruned = pantry.prune(wanted)
        return json.dumps([entry.id for entry in pruned.entries]).encode()

    found: list[str] = json.loads(process.ask(pantry.backend.enter, work))
    return found


def records() -> list[Record]:
    """All entries, those that were of use last first, for `system df`."""
    pantry = _pantry()

    def work() -> bytes:
        entries = pantry.entries()
        own = sizes(entries)
        found = [_record(entry, own[entry.id], whole=False) for entry in _latest_first(entries)]
        return json.dumps(found).encode()

    return [Record(each) for each in json.loads(process.ask(pantry.backend.enter, work))]


def _inside(work: Callable[[Pantry], int]) -> int:
    """Work where files of all owners can be seen; the exit code."""
    pantry = _pantry()
    sys.stdout.flush()
    code = process.join(pantry.backend.enter)
    if code is not None:
        return code
    unwind_once()
    return work(pantry)


def _pantry() -> Pantry:
    backend = choose_backend(read().value("engine") or None)
    return Pantry(backend, Folders(cache_folder(), state_folder()))


def _latest_first(entries: Sequence[Entry]) -> list[Entry]:
    return oldest_first(entries)[::-1]


def _record(entry: Entry, own: int, *, whole: bool) -> Record:
    about = "".join(char if char.isprintable() else "?" for char in entry.about)
    if not whole and len(about) > _DESCRIPTION_CHARS:
        about = about[: _DESCRIPTION_CHARS - 3] + "..."
    return Record(
        ID=entry.id if whole else entry.id[:_ID_CHARS],
        Type=entry.kind,
        Size=size(own),
        Bytes=own,
        LastUsed=_age(entry),
        LastUsedAt=_date(entry.used).isoformat(timespec="seconds"),
        InUse=_word(entry.use),
        Shared=_word(entry.shared),
        Reclaimable=_word(not entry.use),
        Description=about,
    )


def _totals(name: str, entries: Sequence[Entry]) -> Record:
    return Record(
        Type=name,
        Count=str(len(entries)),
        Size=size(total(entries)),
        Reclaimable=size(reclaimable(entries)),
    )


def _age(entry: Entry) -> str:
    return age(_date(entry.used), _date(time.time()))


def _date(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, timezone.utc)


def _word(value: bool) -> str:
    return "true" if value else "false"

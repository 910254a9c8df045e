"""The doctor's report on a terminal, 80 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rootbuild.host.diagnosis import Diagnosis, Works
from rootbuild.host.finding import Finding, Level

WIDTH = 80
_MARGIN = 12
_SUBJECT = 24
_COLOURS: dict[Level, str] = {"ok": "32", "note": "36", "weak": "33", "broken": "31;1"}
_NOTHING = "none"
_UNAFFECTED = "not affected"


def report(
    found: Diagnosis,
    changes: Sequence[str] = (),
    *,
    colour: bool = False,
    verbose: bool = False,
    fixing: bool = False,
) -> str:
    """All of it: a line per point, a paragraph for each that is not fine, and what works here."""
    lines = [_line(finding, colour) for finding in found.findings]
    for finding in found.findings:
        if finding.level != "ok" or verbose:
            lines += ["", *_paragraph(finding, colour)]
    if fixing:
        lines += ["", _bold("changed", colour)]
        lines += [f"  {change}" for change in changes] or ["  nothing"]
    elif any(finding.fix for finding in found.findings):
        lines += ["", "`rootbuild doctor --fix` mends what needs no root."]
    lines += ["", _bold("what works here", colour), *_table(found.works)]
    return "\n".join(lines) + "\n"


def _line(finding: Finding, colour: bool) -> str:
    """One point: its level, its subject, what was found. Cut where it does not fit."""
    room = WIDTH - 8 - _SUBJECT - 2
    text = textwrap.shorten(
        finding.happened, room, placeholder=" ...", break_on_hyphens=False, break_long_words=False
    )
    return f"{_level(finding.level, colour)} {finding.subject:<{_SUBJECT}} {text}".rstrip()


def _paragraph(finding: Finding, colour: bool) -> Iterator[str]:
    yield f"{_level(finding.level, colour)} {_bold(finding.subject, colour)} [{finding.id}]"
    rows = [("tried", finding.tried), ("happened", finding.happened)]
    if finding.builds or finding.runs:
        rows += [("builds", finding.builds or _UNAFFECTED), ("runs", finding.runs or _UNAFFECTED)]
    for name, text in rows:
        yield from _wrapped(name, text)
    for number, line in enumerate(finding.mend):
        # Never wrapped, as it is to be pasted.
        yield f"  {'mend' if number == 0 else '':<{_MARGIN - 2}}{line}"


def _wrapped(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {name:<{_MARGIN - 2}}",
        subsequent_indent=" " * _MARGIN,
        break_on_hyphens=False,
    )


def _table(works: Works) -> Iterator[str]:
    rows = (
        ("builds", f"yes, with {works.engine}" if works.builds else "no"),
        ("containers", _containers(works)),
        ("OCI runtime", works.runtime or _NOTHING),
        ("isolation", works.isolation or _NOTHING),
        ("storage driver", works.storage_driver),
        ("network of RUN", works.network_helper or _NOTHING),
        ("networks", _networks(works)),
        ("ports", works.ports),
    )
    for name, text in rows:
        yield f"  {name:<{_SUBJECT - 2}}{text}"


def _containers(works: Works) -> str:
    if works.containers == "no":
        return "no"
    return f"{works.containers}, with {works.runner}"


def _networks(works: Works) -> str:
    if not works.network_backend:
        return _NOTHING
    return works.network_backend + (", with names" if works.names else ", without names")


def _level(level: Level, colour: bool) -> str:
    text = f"{level:<7}"
    return f"\x1b[{_COLOURS[level]}m{text}\x1b[0m" if colour else text


def _bold(text: str, colour: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if colour else text

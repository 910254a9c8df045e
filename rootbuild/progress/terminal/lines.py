"""Single lines for a terminal, made without any library: a short build needs no more.

What comes from files and programs cannot do anything to the terminal: sequences and control
characters are taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from rootbuild.progress.terminal.state import Counts, State, Vertex
from rootbuild.progress.units import seconds, size
from rootbuild.records import dataclass

GREEN, RED, CYAN, YELLOW, DIM, BOLD = "32", "31", "36", "33", "2", "1"
ELLIPSIS = "…"

# Sequences of ECMA-48: CSI, strings such as titles up to their end, and two-letter ones.
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"
    r"|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]"
)
# Controls, and what changes the direction of text or is no character at all.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKS = {
    "done": ("✔", GREEN),
    "cached": ("●", CYAN),
    "failed": ("✘", RED),
    "canceled": ("■", YELLOW),
}
_ASCII = {"✔": "+", "●": "=", "✘": "x", "■": "-", ELLIPSIS: "~", "·": "-", "⚠": "!"}


@dataclass(frozen=True, slots=True)
class Paper:
    """What can be written on: its width in cells, colours or not, all characters or ASCII."""

    width: int
    colours: bool = True
    unicode: bool = True

    def ink(self, text: str, *codes: str) -> str:
        """Text in a colour."""
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.colours else text

    def mark(self, text: str) -> str:
        """A mark of ours, or what stands for it."""
        return text if self.unicode else _ASCII.get(text, "?")


def wants_colours(environment: Mapping[str, str]) -> bool:
    """Whether there may be colours: not with NO_COLOR (https://no-color.org)."""
    return not environment.get("NO_COLOR")


def clean(text: str) -> str:
    """Text of others on one line: no sequences, no controls, spaces for tabs."""
    found = _SEQUENCE.sub("", text.expandtabs(4))
    return _CONTROL.sub("", found)


def last_lines(tail: bytes, most: int) -> list[str]:
    """The last lines of output that are not empty; a carriage return starts a line anew."""
    found: list[str] = []
    for line in reversed(tail.decode("utf-8", "replace").split("\n")):
        text = clean(line.rstrip("\r").rpartition("\r")[2]).rstrip()
        if text:
            found.append(text)
        if len(found) >= most:
            break
    return found[::-1]


def cells(text: str) -> int:
    """How many cells of a terminal text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def fitted(text: str, width: int, ellipsis: str = ELLIPSIS) -> str:
    """Text in no more cells than that; the end is cut off, and it is seen that it is."""
    if cells(text) <= width:
        return text
    taken, room = "", width - 1
    for char in text:
        room -= _cells(char)
        if room < 0:
            break
        taken += char
    return taken + ellipsis if width > 0 else ""


def over(item: Vertex | str, paper: Paper) -> str:
    """The line that stays of a vertex, or of a warning."""
    if isinstance(item, str):
        return paper.ink(f" {paper.mark('⚠')} {clean(item)}", YELLOW)
    sign, colour = _MARKS[item.outcome]
    right = _right(item)
    room = max(paper.width - cells(right) - 5, 8)
    name = fitted(clean(item.name), room, paper.mark(ELLIPSIS))
    gap = " " * max(room - cells(name) + 1, 1)
    shown = paper.ink(right, RED if item.outcome == "failed" else DIM)
    line = f" {paper.ink(paper.mark(sign), colour)} {name}{gap}{shown}"
    if item.outcome == "failed" and item.message:
        reason = fitted(clean(item.message), paper.width - 4, paper.mark(ELLIPSIS))
        line += "\n   " + paper.ink(reason, RED)
    elif item.remark:
        line += "\n   " + paper.ink(fitted(clean(item.remark), paper.width - 4), DIM)
    return line


def summary(state: State, now: float, paper: Paper) -> str:
    """The last line: what has become of the build."""
    passed, built = seconds(now - state.began), state.built
    dot = f" {paper.mark('·')} "
    if built is None:
        word, colour = ("Canceled", YELLOW) if not state.failed else ("Failed", RED)
        return paper.ink(f" {word} after {passed}", BOLD, colour) + dot + _steps(state.counts)
    name = clean(built.names[0]) if built.names else f"sha256:{built.image[:12]}"
    parts = [f"in {passed}", _steps(state.counts)]
    if built.bytes >= 0:
        parts.append(size(built.bytes))
    return paper.ink(f" Built {name}", BOLD, GREEN) + dot + dot.join(parts)


def _steps(counts: Counts) -> str:
    told = counts.cached + counts.done
    word = "step" if told == 1 else "steps"
    if told and counts.cached == told:
        return "nothing to do" if told > 1 else "1 step cached"
    return f"{told} {word}, {counts.cached} cached"


def _right(vertex: Vertex) -> str:
    match vertex.outcome:
        case "cached":
            return "CACHED"
        case "failed":
            return f"ERROR {seconds(vertex.ended - vertex.began)}"
        case "canceled":
            return "CANCELED"
    moved = sum(item.current for item in vertex.items.values())
    spent = seconds(vertex.ended - vertex.began)
    return f"{size(moved)} {spent}" if moved else spent


def _cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1

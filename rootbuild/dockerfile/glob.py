"""Shell patterns of `${name#pattern}` and `${name/pattern/text}`.

`*` is any text within a line, `?` any one character but a newline, `\\` makes the next `*`, `?` or
`\\` literal; there are no brackets.

A pattern is cut at its stars into pieces of fixed length. A piece is best found as early as
possible, which leaves the most room for the next one; only the last piece of a longest match is
looked for from the right. So nothing is tried twice, whatever the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rootbuild.records import dataclass


class PatternError(Exception):
    """The pattern holds an escape that means nothing."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two stars: characters, None for `?`."""

    chars: tuple[str | None, ...]
    literal: str | None
    regex: re.Pattern[str] | None

    def at_start(self, value: str) -> bool:
        """Does `value` begin with it?"""
        if self.regex is not None:
            return self.regex.match(value) is not None
        return value.startswith(self.literal or "")

    def first(self, value: str, start: int, last: int) -> int:
        """The first place from `start` to `last` where it stands, or -1."""
        end = last + len(self.chars)
        if self.regex is not None:
            found = self.regex.search(value, start, end)
            return -1 if found is None else found.start()
        return value.find(self.literal or "", start, end)

    def final(self, value: str, start: int, last: int) -> int:
        """The last place from `start` to `last` where it stands, or -1."""
        if self.regex is None:
            return value.rfind(self.literal or "", start, last + len(self.chars))
        found = place = self.first(value, start, last)
        while place >= 0:
            found, place = place, self.first(value, place + 1, last)
        return found


Pieces = tuple[Piece, ...]


def compile_pattern(pattern: str) -> Pieces:
    """The pieces of a pattern, at least one. Raises PatternError."""
    pieces: list[list[str | None]] = [[]]
    chars = iter(pattern)
    for char in chars:
        if char == "*":
            pieces.append([])
        elif char == "?":
            pieces[-1].append(None)
        elif char == "\\":
            pieces[-1].append(_escaped(next(chars, "")))
        else:
            pieces[-1].append(char)
    return tuple(_piece(tuple(piece)) for piece in pieces)


def cut_prefix(value: str, pieces: Pieces, *, longest: bool) -> str:
    """`value` without the shortest or longest start that matches."""
    if not pieces[0].at_start(value):
        return value
    end = _rest(value, pieces, len(pieces[0].chars), longest=longest)
    return value if end is None else value[end:]


def cut_suffix(value: str, pieces: Pieces, *, longest: bool) -> str:
    """`value` without the shortest or longest end that matches."""
    mirrored = tuple(_piece(piece.chars[::-1]) for piece in reversed(pieces))
    return cut_prefix(value[::-1], mirrored, longest=longest)[::-1]


def replace(value: str, pieces: Pieces, text: str, *, every: bool) -> str:
    """`value` with the leftmost match, or every one, replaced; matches are as long as can be."""
    parts: list[str] = []
    done = 0
    for start, end in _matches(value, pieces):
        parts += (value[done:start], text)
        done = end
        if not every:
            break
    return "".join(parts) + value[done:]


def _matches(value: str, pieces: Pieces) -> Iterator[tuple[int, int]]:
    """All matches, from the left, none overlapping, none empty right behind another."""
    head = pieces[0]
    position, previous = 0, -1
    while 0 <= position <= len(value):
        start = head.first(value, position, len(value))
        if start < 0:
            return
        end = _rest(value, pieces, start + len(head.chars), longest=True)
        if end is None:
            position = _after_failure(value, head, start)
            continue
        if end > start or start != previous:
            yield start, end
            previous = end
        position = end if end > start else start + 1


def _after_failure(value: str, head: Piece, start: int) -> int:
    """Where to go on: what fails behind the first head in a line fails behind all others in it."""
    if head.regex is None and "\n" in (head.literal or ""):
        return start + 1
    return max(start, _line_end(value, start + len(head.chars))) + 1


def _rest(value: str, pieces: Pieces, end: int, *, longest: bool) -> int | None:
    """Where the match ends whose first piece ends at `end`, or None if there is no match."""
    for index, piece in enumerate(pieces[1:], start=2):
        look = piece.final if longest and index == len(pieces) else piece.first
        place = look(value, end, _line_end(value, end))
        if place < 0:
            return None
        end = place + len(piece.chars)
    return end


def _line_end(value: str, position: int) -> int:
    found = value.find("\n", position)
    return len(value) if found < 0 else found


def _escaped(char: str) -> str:
    # `\}` and `\/` stand for the characters that would otherwise end the pattern.
    if char not in ("*", "?", "\\", "}", "/"):
        raise PatternError(f"invalid escape '\\{char}'")
    return char


def _piece(chars: tuple[str | None, ...]) -> Piece:
    if None not in chars:
        return Piece(chars, "".join(char or "" for char in chars), None)
    source = "".join("." if char is None else re.escape(char) for char in chars)
    return Piece(chars, None, re.compile(source))

"""Wildcards of COPY and ADD sources: Go's filepath.Match, on one name at a time.

Source: https://pkg.go.dev/path/filepath#Match. A pattern is compiled into one test per character;
matching never goes back further than the last `*`, so that no pattern can make it slow.
"""

from __future__ import annotations

from collections.abc import Callable

from rootbuild.records import dataclass

Test = Callable[[str], bool]


class BadPatternError(ValueError):
    """A pattern that is no pattern: an open `[`, an empty class, a `\\` at the end."""


class _Star:
    """Any number of characters, but no slash."""


_Token = _Star | Test


def has_wildcard(text: str) -> bool:
    """Whether a source is a pattern: it holds `*`, `?` or `[` that no backslash stands before."""
    escaped = False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in "*?[":
            return True
    return False


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A compiled pattern."""

    tokens: tuple[_Token, ...]

    def matches(self, name: str) -> bool:
        """Whether the pattern matches the whole of `name`."""
        token = position = 0
        star = resume = -1
        while position < len(name):
            current = self.tokens[token] if token < len(self.tokens) else None
            if isinstance(current, _Star):
                star, resume = token, position
                token += 1
            elif current is not None and current(name[position]):
                token += 1
                position += 1
            elif star >= 0 and name[resume] != "/":
                resume += 1
                token, position = star + 1, resume
            else:
                return False
        return all(isinstance(rest, _Star) for rest in self.tokens[token:])


def compile_wildcard(pattern: str) -> Wildcard:
    """Read a pattern. Raises BadPatternError."""
    tokens: list[_Token] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            tokens.append(_Star())
        elif char == "?":
            tokens.append(_not_slash)
        elif char == "[":
            test, position = _read_class(pattern, position)
            tokens.append(test)
        else:
            if char == "\\":
                char, position = _after_backslash(pattern, position)
            tokens.append(_equals(char))
    return Wildcard(tuple(tokens))


def _read_class(pattern: str, position: int) -> tuple[Test, int]:
    negated = pattern[position : position + 1] == "^"
    position += negated
    ranges: list[tuple[str, str]] = []
    while not (ranges and pattern[position : position + 1] == "]"):
        low, position = _class_char(pattern, position)
        high = low
        if pattern[position : position + 1] == "-":
            high, position = _class_char(pattern, position + 1)
        ranges.append((low, high))
    return _in_class(tuple(ranges), negated), position + 1


def _class_char(pattern: str, position: int) -> tuple[str, int]:
    char = pattern[position : position + 1]
    if char in ("", "-", "]"):
        raise BadPatternError(pattern)
    if char == "\\":
        return _after_backslash(pattern, position + 1)
    return char, position + 1


def _after_backslash(pattern: str, position: int) -> tuple[str, int]:
    if position >= len(pattern):
        raise BadPatternError(pattern)
    return pattern[position], position + 1


def _not_slash(char: str) -> bool:
    return char != "/"


def _equals(wanted: str) -> Test:
    return wanted.__eq__


def _in_class(ranges: tuple[tuple[str, str], ...], negated: bool) -> Test:
    return lambda char: any(low <= char <= high for low, high in ranges) != negated

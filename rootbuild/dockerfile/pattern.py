"""One pattern of an ignore file.

`*` and `?` stop at slashes, `[...]` is a set, `\\` escapes, `**` crosses slashes: `**/` is any
number of directories, also none, and `**` at the end is all that follows.

With up to two wildcards of varying length a regular expression does it; more of them could make
one try too many ways, so then the pattern runs as a set of states.
"""

from __future__ import annotations

import re
from posixpath import normpath

from rootbuild.records import dataclass

_PLAIN, _SET, _STAR, _DIRECTORIES, _REST = range(5)
_FEW = 2


class PatternSyntaxError(Exception):
    """The pattern is malformed."""

    def __init__(self) -> None:
        super().__init__("syntax error in pattern")


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a pattern: its kind, and a character or a set as a regular expression."""

    kind: int
    source: str

    def varies(self) -> bool:
        """May it match text of different lengths?"""
        return self.kind >= _STAR


_ONE = Token(_SET, "[^/]")
_NAME = Token(_STAR, "[^/]*")
_BELOW = Token(_DIRECTORIES, "(?:.*/)?")
_TAIL = Token(_REST, ".*")


def clean(path: str) -> str:
    """A path in its shortest form; `//` at the start is one slash."""
    cleaned = normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


class Pattern:
    """A compiled pattern, made from one that is clean. Raises PatternSyntaxError when made."""

    __slots__ = ("_literal", "_machine", "_regex", "_suffix", "_tokens")

    def __init__(self, text: str) -> None:
        self._literal: str | None = None
        self._suffix: str | None = None
        self._regex: re.Pattern[str] | None = None
        self._machine: _Machine | None = None
        self._tokens = _tokens(text)
        if not set("*?[\\") & set(text):
            self._literal = text
        elif text.startswith("**") and not set("*?[\\") & set(text[2:].lstrip("/")):
            self._suffix = text[2:]
        elif sum(token.varies() for token in self._tokens) <= _FEW:
            self._regex = re.compile("".join(_source(token) for token in self._tokens), re.DOTALL)
        else:
            self._machine = _Machine(self._tokens)

    def matches(self, path: str) -> bool:
        """Does it match the whole of `path`?"""
        if self._literal is not None:
            return path == self._literal
        if self._suffix is not None:
            return path.endswith(self._suffix) or "/" + path == self._suffix
        if self._regex is not None:
            return self._regex.fullmatch(path) is not None
        assert self._machine is not None
        return self._machine.matches(path)

    def may_match_below(self, directory: str) -> bool:
        """May it match some path below `directory`?"""
        if self._literal is not None:
            return self._literal.startswith(directory + "/")
        if self._machine is None:
            self._machine = _Machine(self._tokens)
        return self._machine.begins(directory + "/")


class _Machine:
    """A pattern as a set of states: bit n says that the first n tokens have been matched.

    Directories have a state more, `inside`, for being in the middle of a name.
    """

    __slots__ = ("_chars", "_directories", "_empty", "_final", "_rest", "_sets", "_stars")

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._chars: dict[str, int] = {}
        self._sets: list[tuple[re.Pattern[str], int]] = []
        masks = {_STAR: 0, _DIRECTORIES: 0, _REST: 0}
        for index, token in enumerate(tokens):
            bit = 1 << index
            if token.kind == _PLAIN:
                self._chars[token.source] = self._chars.get(token.source, 0) | bit
            elif token.kind == _SET:
                self._sets.append((re.compile(token.source), bit))
            else:
                masks[token.kind] |= bit
        self._stars, self._directories, self._rest = masks.values()
        self._empty = self._stars | self._directories | self._rest
        self._final = 1 << len(tokens)

    def matches(self, path: str) -> bool:
        """Does it match the whole of `path`?"""
        states, _ = self._run(path)
        return bool(states & self._final)

    def begins(self, prefix: str) -> bool:
        """May it match something that is longer than `prefix` and begins with it?"""
        states, inside = self._run(prefix)
        return bool(states & ~self._final or inside)

    def _run(self, text: str) -> tuple[int, int]:
        states, inside = self._settle(1), 0
        for char in text:
            inside |= states & self._directories
            following = (states & self._consuming(char)) << 1 | states & self._rest
            if char == "/":
                following |= inside << 1
            else:
                following |= states & self._stars
            states = self._settle(following)
            if not states and not inside:
                break
        return states, inside

    def _consuming(self, char: str) -> int:
        bits = self._chars.get(char, 0)
        for regex, bit in self._sets:
            if regex.match(char):
                bits |= bit
        return bits

    def _settle(self, states: int) -> int:
        """Add what is reached because stars may match nothing.

        Adding a state to a run of ones carries through the run, past its end: all at once.
        """
        return states | (((states & self._empty) + self._empty) ^ self._empty)


def _source(token: Token) -> str:
    return re.escape(token.source) if token.kind == _PLAIN else token.source


def _tokens(text: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        token, position = _token(text, position)
        if not (token is _BELOW and tokens and tokens[-1] is _BELOW):
            tokens.append(token)
    return tuple(tokens)


def _token(text: str, position: int) -> tuple[Token, int]:
    char = text[position]
    if text.startswith("**", position):
        position += 3 if text.startswith("/", position + 2) else 2
        return (_TAIL if position >= len(text) else _BELOW), position
    if char == "*":
        return _NAME, position + 1
    if char == "?":
        return _ONE, position + 1
    if char == "[":
        return _set(text, position + 1)
    if char == "\\":
        char, position = _char(text, position)
        return Token(_PLAIN, char), position
    return Token(_PLAIN, char), position + 1


def _set(text: str, position: int) -> tuple[Token, int]:
    """`[...]` or `[^...]`, of characters and ranges; `position` is behind the bracket."""
    negated = text.startswith("^", position)
    position += negated
    parts: list[str] = []
    while not (text.startswith("]", position) and parts):
        low, position = _member(text, position)
        high = low
        if text.startswith("-", position):
            high, position = _member(text, position + 1)
        if high < low:
            raise PatternSyntaxError
        parts.append(re.escape(low) if low == high else f"{re.escape(low)}-{re.escape(high)}")
    return Token(_SET, f"[{'^' * negated}{''.join(parts)}]"), position + 1


def _member(text: str, position: int) -> tuple[str, int]:
    if text[position : position + 1] in ("-", "]"):
        raise PatternSyntaxError
    return _char(text, position)


def _char(text: str, position: int) -> tuple[str, int]:
    """The character at `position`, which may be escaped."""
    position += text.startswith("\\", position)
    if position >= len(text):
        raise PatternSyntaxError
    return text[position], position + 1

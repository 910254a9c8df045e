"""The shell lexer behind word expansion: quotes, escapes, `$name` and `${name...}`.

It is POSIX's word expansion as far as BuildKit has it, and the mode says what is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from rootbuild.dockerfile.space import SPACE
from rootbuild.dockerfile.substitution import LexError, replaced, substituted, unsupported
from rootbuild.records import dataclass

_DEEPEST = 100
_SPECIAL = frozenset("@*#?-$!0")
_GAP = re.compile(f"[{SPACE}]+")
_HEREDOC = re.compile(f"<(?:<(?:-(?=[{SPACE}]))?[{SPACE}]*)?")
_MISSING_BRACE = "syntax error: missing '}'"
_UNENDED = "unexpected end of statement while looking for matching "


@dataclass(frozen=True, slots=True)
class Mode:
    """What the lexer treats as special.

    `raw_quotes` and `raw_escapes` keep those characters in the result. `quotes` false makes quotes
    ordinary. `keep_unset` leaves references to unset variables as they are written. `heredocs`
    keeps the white space after `<<` in the word.
    """

    escape: str = "\\"
    raw_quotes: bool = False
    raw_escapes: bool = False
    quotes: bool = True
    keep_unset: bool = False
    heredocs: bool = False


class _Words:
    """Collects the words of a text: white space ends a word, unless it was quoted."""

    __slots__ = ("_done", "_parts")

    def __init__(self) -> None:
        self._done: list[str] = []
        self._parts: list[str] = []

    def add(self, text: str) -> None:
        first, *others = _GAP.split(text)
        self._parts.append(first)
        for word in others:
            self._end()
            self._parts.append(word)

    def add_quoted(self, text: str) -> None:
        self._parts.append(text)

    def finish(self) -> tuple[str, ...]:
        self._end()
        return tuple(self._done)

    def _end(self) -> None:
        word = "".join(self._parts)
        if word:
            self._done.append(word)
        self._parts.clear()


class Lexer:
    """Reads one word or text. `used` and `unset` name the variables met on the way."""

    __slots__ = ("_depth", "_env", "_mode", "_pos", "_raw_escapes", "_text", "unset", "used")

    def __init__(self, text: str, env: Mapping[str, str], mode: Mode) -> None:
        self._text = text
        self._pos = 0
        self._env = env
        self._mode = mode
        self._raw_escapes = mode.raw_escapes
        self._depth = 0
        self.used: set[str] = set()
        self.unset: set[str] = set()

    def read(self) -> tuple[str, tuple[str, ...]]:
        """The expanded text, and its words. Raises LexError."""
        words = _Words()
        return self._until("", self._mode.raw_escapes, words), words.finish()

    def _until(self, stop: str, raw_escapes: bool, words: _Words) -> str:
        """Everything up to `stop`, which is consumed; an empty `stop` is the end of the text."""
        before, self._raw_escapes = self._raw_escapes, raw_escapes
        try:
            return self._collect(stop, words)
        finally:
            self._raw_escapes = before

    def _collect(self, stop: str, words: _Words) -> str:
        plain = _plain(self._mode, stop)
        parts: list[str] = []
        while self._pos < len(self._text):
            char = self._text[self._pos]
            if char == stop:
                self._pos += 1
                return "".join(parts)
            if found := plain.match(self._text, self._pos):
                self._pos = found.end()
                words.add(found[0])
                parts.append(found[0])
            elif char == "$":
                value = self._dollar()
                words.add(value)
                parts.append(value)
            else:
                value = self._special(char)
                words.add_quoted(value)
                parts.append(value)
        if stop:
            raise LexError(_UNENDED + stop)
        return "".join(parts)

    def _special(self, char: str) -> str:
        if char == self._mode.escape:
            return self._escaped()
        if char == "'":
            return self._single_quoted()
        if char == '"':
            return self._double_quoted()
        return self._angle()

    def _escaped(self) -> str:
        kept = self._mode.escape if self._raw_escapes else ""
        char = self._text[self._pos + 1 : self._pos + 2]
        self._pos += 2
        return kept + char

    def _angle(self) -> str:
        """`<`, or `<<` or `<<-` with the white space behind it."""
        found = _HEREDOC.match(self._text, self._pos)
        text = found[0] if found else "<"
        self._pos += len(text)
        return text

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._pos + 1)
        if end < 0:
            self._pos = len(self._text)
            raise LexError(_UNENDED + "single-quote")
        kept = self._mode.raw_quotes
        value = self._text[self._pos : end + 1] if kept else self._text[self._pos + 1 : end]
        self._pos = end + 1
        return value

    def _double_quoted(self) -> str:
        quote = '"' if self._mode.raw_quotes else ""
        plain = _plain_in_quotes(self._mode.escape)
        parts = [quote]
        self._pos += 1
        while self._pos < len(self._text):
            char = self._text[self._pos]
            if char == '"':
                self._pos += 1
                return "".join([*parts, quote])
            if found := plain.match(self._text, self._pos):
                self._pos = found.end()
                parts.append(found[0])
            elif char == "$":
                parts.append(self._dollar())
            else:
                parts.append(self._escaped_in_quotes())
        raise LexError(_UNENDED + "double-quote")

    def _escaped_in_quotes(self) -> str:
        """Only `"`, `$` and the escape character itself can be escaped here."""
        escape = self._mode.escape
        kept = escape if self._raw_escapes else ""
        self._pos += 1
        char = self._text[self._pos : self._pos + 1]
        if not char:
            return kept
        if char not in ('"', "$", escape):
            return kept + escape
        self._pos += 1
        return kept + char

    def _dollar(self) -> str:
        self._pos += 1
        if self._text.startswith("{", self._pos):
            self._pos += 1
            return self._braced()
        name = self._name()
        if not name:
            return "$"
        value = self._get(name)
        if value is None:
            return f"${name}" if self._mode.keep_unset else ""
        return value

    def _braced(self) -> str:
        if self._depth >= _DEEPEST:
            raise LexError(f"substitutions are nested more than {_DEEPEST} deep")
        following = self._peek()
        if not following:
            raise LexError(_MISSING_BRACE)
        if following in "{}:":
            raise LexError("syntax error: bad substitution")
        name = self._name()
        self._depth += 1
        try:
            return self._modified(name)
        finally:
            self._depth -= 1

    def _modified(self, name: str) -> str:
        char = self._next()
        if not char:
            raise LexError(_MISSING_BRACE)
        if char == "}":
            value = self._get(name)
            if value is None:
                return f"${{{name}}}" if self._mode.keep_unset else ""
            return value
        if char == "/":
            return self._replaced(name)
        if char == ":":
            modifier = self._next()
            if modifier in ("#", "%"):
                raise unsupported(":" + modifier)
            return self._substituted(name, ":", modifier)
        if char in "+-?#%":
            return self._substituted(name, "", char)
        raise unsupported(char)

    def _substituted(self, name: str, colon: str, modifier: str) -> str:
        word = self._operand("}", modifier in ("#", "%"), _MISSING_BRACE)
        value = self._get(name)
        if value is None and self._mode.keep_unset:
            return f"${{{name}{colon}{modifier}{word}}}"
        return substituted(name, value, word, colon, modifier)

    def _replaced(self, name: str) -> str:
        every = self._peek() == "/"
        if every:
            self._pos += 1
        pattern = self._operand("/", True, "syntax error: missing '/' in ${}")
        text = self._operand("}", True, _MISSING_BRACE)
        value = self._get(name)
        if value is None and self._mode.keep_unset:
            return f"${{{name}/{pattern}/{text}}}"
        return replaced(value, pattern, text, every=every)

    def _operand(self, stop: str, raw_escapes: bool, at_end: str) -> str:
        """The text up to `stop`; whatever fails because the word ends is told as `at_end`."""
        try:
            return self._until(stop, raw_escapes, _Words())
        except LexError as error:
            if self._pos >= len(self._text):
                raise LexError(at_end) from error
            raise

    def _name(self) -> str:
        start, text = self._pos, self._text
        char = self._peek()
        if char.isdecimal():
            while self._peek().isdecimal():
                self._pos += 1
        elif char in _SPECIAL:
            self._pos += 1
        else:
            while (char := self._peek()) == "_" or char.isalpha() or char.isdecimal():
                self._pos += 1
        return text[start : self._pos]

    def _get(self, name: str) -> str | None:
        value = self._env.get(name)
        (self.unset if value is None else self.used).add(name)
        return value

    def _peek(self) -> str:
        return self._text[self._pos : self._pos + 1]

    def _next(self) -> str:
        char = self._peek()
        self._pos += 1
        return char


@lru_cache(maxsize=64)
def _plain(mode: Mode, stop: str) -> re.Pattern[str]:
    special = "$" + mode.escape + stop
    special += "'\"" if mode.quotes else ""
    special += "<" if mode.heredocs else ""
    return re.compile(f"[^{re.escape(special)}]+")


@lru_cache(maxsize=4)
def _plain_in_quotes(escape: str) -> re.Pattern[str]:
    return re.compile(f'[^"${re.escape(escape)}]+')

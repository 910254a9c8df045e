"""Expansion of words: variables replaced, quotes and escapes removed.

Nothing here knows about instructions; who calls says which environment applies.
"""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.dockerfile.lexer import Lexer, Mode
from rootbuild.dockerfile.quote import quoted
from rootbuild.dockerfile.substitution import LexError
from rootbuild.records import dataclass


class ExpandError(Exception):
    """A word that cannot be expanded; `reason` is why, `str()` names the word too."""

    def __init__(self, word: str, reason: str) -> None:
        super().__init__(f"failed to process {quoted(word)}: {reason}")
        self.word = word
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Expansion:
    """A word after expansion.

    `words` are its parts if it is split at white space that was not quoted. `used` are the
    variables that had a value, `unset` those that were asked for and had none.
    """

    text: str
    words: tuple[str, ...]
    used: frozenset[str]
    unset: frozenset[str]


def trace(
    word: str, env: Mapping[str, str], *, escape: str = "\\", keep_unset: bool = False
) -> Expansion:
    """Expand `word` and tell which variables it asked for. Raises ExpandError."""
    return _process(word, env, Mode(escape=escape, keep_unset=keep_unset))


def expand(
    word: str, env: Mapping[str, str], *, escape: str = "\\", keep_unset: bool = False
) -> str:
    """`word` with variables replaced and quotes removed.

    `keep_unset` leaves references to unset variables as they are written. Raises ExpandError.
    """
    return trace(word, env, escape=escape, keep_unset=keep_unset).text


def expand_quoted(word: str, env: Mapping[str, str], *, escape: str = "\\") -> str:
    """`word` with variables replaced; quotes and references to unset variables stay as written.

    Raises ExpandError.
    """
    return _process(word, env, Mode(escape=escape, raw_quotes=True, keep_unset=True)).text


def expand_words(word: str, env: Mapping[str, str], *, escape: str = "\\") -> tuple[str, ...]:
    """The words that `word` expands to: values are split too, quoted white space is not."""
    return trace(word, env, escape=escape).words


def expand_raw(text: str, env: Mapping[str, str], *, escape: str = "\\") -> str:
    """A heredoc's body: variables replaced, quotes ordinary characters. Raises ExpandError."""
    return trace_raw(text, env, escape=escape).text


def trace_raw(text: str, env: Mapping[str, str], *, escape: str = "\\") -> Expansion:
    """As `expand_raw`, and tell which variables the body asked for."""
    return _process(text, env, Mode(escape=escape, quotes=False))


def _process(word: str, env: Mapping[str, str], mode: Mode) -> Expansion:
    lexer = Lexer(word, env, mode)
    try:
        text, words = lexer.read()
    except LexError as error:
        raise ExpandError(word, str(error)) from error
    return Expansion(text, words, frozenset(lexer.used), frozenset(lexer.unset))

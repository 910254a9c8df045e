"""What `${name<modifier>word}` comes to, once the variable and the word are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rootbuild.dockerfile.glob import (
    PatternError,
    Pieces,
    compile_pattern,
    cut_prefix,
    cut_suffix,
    replace,
)


class LexError(Exception):
    """The word cannot be read or expanded."""


def substituted(name: str, value: str | None, word: str, colon: str, modifier: str) -> str:
    """`${name:-word}` and the like; `value` None is an unset variable. Raises LexError."""
    operation = _OPERATIONS.get(modifier)
    if operation is None:
        raise unsupported(colon + modifier)
    return operation(name, value, word, bool(colon))


def replaced(value: str | None, pattern: str, text: str, *, every: bool) -> str:
    """`${name/pattern/text}`, or with `//` if `every`. Raises LexError."""
    return replace(value or "", _compiled(pattern), text, every=every)


def _default(name: str, value: str | None, word: str, empty_is_unset: bool) -> str:
    return word if value is None or (empty_is_unset and not value) else value


def _alternative(name: str, value: str | None, word: str, empty_is_unset: bool) -> str:
    return "" if value is None or (empty_is_unset and not value) else word


def _mandatory(name: str, value: str | None, word: str, empty_is_unset: bool) -> str:
    if value is None:
        raise LexError(f"{name}: {word or 'is not allowed to be unset'}")
    if empty_is_unset and not value:
        raise LexError(f"{name}: {word or 'is not allowed to be empty'}")
    return value


def _without_prefix(name: str, value: str | None, word: str, empty_is_unset: bool) -> str:
    longest = word.startswith("#")
    return cut_prefix(value or "", _compiled(word[longest:]), longest=longest)


def _without_suffix(name: str, value: str | None, word: str, empty_is_unset: bool) -> str:
    longest = word.startswith("%")
    return cut_suffix(value or "", _compiled(word[longest:]), longest=longest)


_OPERATIONS: Mapping[str, Callable[[str, str | None, str, bool], str]] = {
    "-": _default,
    "+": _alternative,
    "?": _mandatory,
    "#": _without_prefix,
    "%": _without_suffix,
}


def _compiled(pattern: str) -> Pieces:
    try:
        return compile_pattern(pattern)
    except PatternError as error:
        raise LexError(f"invalid pattern ({pattern}) in substitution: {error}") from error


def unsupported(modifier: str) -> LexError:
    """The error for `${name<modifier>...}` with a modifier that does not exist."""
    return LexError(f"unsupported modifier ({modifier}) in substitution")

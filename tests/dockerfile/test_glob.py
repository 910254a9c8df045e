"""Shell patterns, against a slow and simple reading of the same rules."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootbuild.dockerfile.glob import (
    PatternError,
    compile_pattern,
    cut_prefix,
    cut_suffix,
    replace,
)

PATTERN = st.text(alphabet="ab*?\n", max_size=6)
VALUE = st.text(alphabet="ab\n", max_size=10)


def _regex(pattern: str) -> re.Pattern[str]:
    special = {"*": "[^\n]*", "?": "[^\n]"}
    return re.compile("".join(special.get(char) or re.escape(char) for char in pattern))


def _cuts(pattern: str, value: str) -> list[int]:
    """All lengths of starts that match."""
    regex = _regex(pattern)
    return [end for end in range(len(value) + 1) if regex.fullmatch(value, 0, end)]


@given(PATTERN, VALUE)
def test_prefixes(pattern: str, value: str) -> None:
    ends, pieces = _cuts(pattern, value), compile_pattern(pattern)
    assert cut_prefix(value, pieces, longest=False) == value[min(ends, default=0) :]
    assert cut_prefix(value, pieces, longest=True) == value[max(ends, default=0) :]


@given(PATTERN, VALUE)
def test_suffixes(pattern: str, value: str) -> None:
    regex, pieces = _regex(pattern), compile_pattern(pattern)
    starts = [at for at in range(len(value) + 1) if regex.fullmatch(value, at)]
    shortest, longest = max(starts, default=len(value)), min(starts, default=len(value))
    assert cut_suffix(value, pieces, longest=False) == value[:shortest]
    assert cut_suffix(value, pieces, longest=True) == value[:longest]


@given(PATTERN, VALUE)
def test_replaces_the_leftmost_longest(pattern: str, value: str) -> None:
    regex, expected = _regex(pattern), value
    for start in range(len(value) + 1):
        ends = [end for end in range(start, len(value) + 1) if regex.fullmatch(value, start, end)]
        if ends:
            expected = f"{value[:start]}<>{value[max(ends) :]}"
            break
    assert replace(value, compile_pattern(pattern), "<>", every=False) == expected


@given(PATTERN, VALUE)
def test_replaces_every_one(pattern: str, value: str) -> None:
    regex, parts, position, previous = _regex(pattern), [], 0, -1
    while position <= len(value):
        ends = [e for e in range(position, len(value) + 1) if regex.fullmatch(value, position, e)]
        end = max(ends, default=-1)
        if end > position or (end == position and position != previous):
            parts.append("<>")
            previous = end
        if end > position:
            position = end
        else:
            parts.append(value[position : position + 1])
            position += 1
    assert replace(value, compile_pattern(pattern), "<>", every=True) == "".join(parts)


@pytest.mark.parametrize("pattern", ["\\", "a\\", "\\x", "\\\\\\", "\\ "])
def test_refuses_escapes_that_mean_nothing(pattern: str) -> None:
    with pytest.raises(PatternError, match="invalid escape"):
        compile_pattern(pattern)


@pytest.mark.parametrize("char", "()[]{}^$.|+-&~#")
def test_nothing_else_is_special(char: str) -> None:
    assert cut_prefix(f"{char}x", compile_pattern(char), longest=False) == "x"
    assert cut_prefix("yx", compile_pattern(char), longest=False) == "yx"
    assert cut_prefix(f"{char}ax", compile_pattern(f"{char}?"), longest=False) == "x"


@pytest.mark.parametrize("char", "*?\\}/")
def test_escaped_characters_are_themselves(char: str) -> None:
    assert cut_prefix(f"{char}x", compile_pattern(f"\\{char}"), longest=True) == "x"
    assert cut_prefix("yx", compile_pattern(f"\\{char}"), longest=True) == "yx"

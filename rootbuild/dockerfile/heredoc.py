"""Here-documents: which words announce one, and what their names mean."""

from __future__ import annotations

import re

from rootbuild.dockerfile.lexer import Lexer, Mode
from rootbuild.dockerfile.space import SPACE
from rootbuild.dockerfile.substitution import LexError
from rootbuild.records import dataclass

# The escape character is a backslash here whatever the file's own is, as in BuildKit.
_LINE = Mode(raw_quotes=True, raw_escapes=True, keep_unset=True, heredocs=True)
_NAME = Mode(keep_unset=True)
_RAW_NAME = Mode(keep_unset=True, raw_quotes=True)
_MARK = re.compile(r"([0-9]*)<<(-?)([^<]*)\Z")
_LONGEST_DESCRIPTOR = 9
_TABS = re.compile(r"^\t+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Marker:
    """`[fd]<<[-]NAME`: what comes up to a line that is NAME belongs to the instruction."""

    name: str
    expand: bool
    chomp: bool
    fd: int


def markers_in(line: str) -> tuple[Marker, ...]:
    """The heredocs that an instruction's line announces.

    A line that is no shell text, such as one with an unbalanced quote, announces none. Raises
    LexError if a marker's name cannot be read.
    """
    if "<<" not in line:
        return ()
    try:
        _, words = Lexer(line, {}, _LINE).read()
    except LexError:
        return ()
    found = (read_marker(word) for word in words)
    return tuple(marker for marker in found if marker is not None)


def read_marker(word: str) -> Marker | None:
    """The heredoc that `word` announces, if it does. Raises LexError."""
    found = _MARK.match(word)
    if found is None:
        return None
    rest = found[3].lstrip(SPACE)
    if not rest:
        return None
    _, names = Lexer(rest, {}, _NAME).read()
    if len(names) != 1:
        return None
    raw, _ = Lexer(rest, {}, _RAW_NAME).read()
    return Marker(
        name=names[0],
        # Only real quotes differ between the two readings; an escaped one is in both.
        expand=_quotes(raw) == _quotes(names[0]),
        chomp=bool(found[2]),
        fd=int(found[1][:_LONGEST_DESCRIPTOR] or "0"),
    )


def is_marker(word: str) -> bool:
    """Does `word` announce a heredoc?"""
    try:
        return "<<" in word and read_marker(word) is not None
    except LexError:
        return False


def chomp_tabs(content: str) -> str:
    """A body without the tabs at the start of its lines, as `<<-` asks for."""
    return _TABS.sub("", content)


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')

"""A template's text -> plain pieces and the tokens of what stands between `{{` and `}}`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rootbuild.records import dataclass
from rootbuild.template.failure import TemplateError

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>"(?:\\.|[^"\\\n])*"|`[^`]*`)
    |(?P<char>'(?:\\.|[^'\\])+')
    |(?P<number>[+-]?[0-9][0-9a-zA-Z_.]*)
    |(?P<variable>\$\w*(?:\.\w+)*)
    |(?P<field>(?:\.\w+)+)
    |(?P<dot>\.)
    |(?P<close>\)(?:\.\w+)*)
    |(?P<symbol>:=|[=|(,])
    |(?P<word>\w+)
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|\}\}')
_COMMENT = re.compile(r"/\*.*?\*/\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is the name of a group above."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Plain text (`tokens` is None), or an action. `line` counts from 1."""

    text: str
    line: int
    tokens: tuple[Token, ...] | None = None


def pieces(text: str) -> Iterator[Piece]:
    """Cut a template up; `{{-` and `-}}` take the white space beside them away."""
    at, trim = 0, False
    while True:
        start = text.find("{{", at)
        plain = text[at:] if start < 0 else text[at:start]
        plain = plain.lstrip() if trim else plain
        if start >= 0 and re.match(r"-\s", text[start + 2 : start + 4]):
            plain = plain.rstrip()
        if plain:
            yield Piece(plain, text.count("\n", 0, at) + 1)
        if start < 0:
            return
        line = text.count("\n", 0, start) + 1
        inner, at = _action(text, start + 2, line)
        inner = inner[1:] if re.match(r"-\s", inner) else inner
        trim = re.search(r"\s-\Z", inner) is not None
        inner = (inner[:-1] if trim else inner).strip()
        if not _COMMENT.match(inner):
            yield Piece(inner, line, tuple(_tokens(inner, line)))


def _action(text: str, start: int, line: int) -> tuple[str, int]:
    """What stands up to the closing braces, and where the text goes on behind them."""
    for match in _QUOTED.finditer(text, start):
        if match[0] == "}}":
            return text[start : match.start()], match.end()
    raise TemplateError(f"template: :{line}: unclosed action")


def _tokens(text: str, line: int) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at] in "\"'`":
                raise TemplateError(f"template: :{line}: unterminated quoted string")
            char = text[at]
            raise TemplateError(
                f"template: :{line}: unexpected bad character U+{ord(char):04X} {char!r} in command"
            )
        at = match.end()
        if match.lastgroup and match.lastgroup != "space":
            yield Token(match.lastgroup, match[0])

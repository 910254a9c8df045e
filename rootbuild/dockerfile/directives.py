"""Parser directives: `# escape=`, `# syntax=` and `# check=` at the very top of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from rootbuild.dockerfile.space import SPACE
from rootbuild.errors import DockerfileError
from rootbuild.records import dataclass

ESCAPE, SYNTAX, CHECK = "escape", "syntax", "check"
_KNOWN = frozenset((ESCAPE, SYNTAX, CHECK))
_FORM = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)[ \t\f\r]*=[ \t\f\r]*([^\n]+)\Z")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive: its lower-case name, its value, and its line, counted from 1."""

    name: str
    value: str
    line: int


class DirectiveError(Exception):
    """A directive that cannot stand there; `line` counts from 1, `hint` says what to do."""

    def __init__(self, message: str, line: int, hint: str) -> None:
        super().__init__(message)
        self.line = line
        self.hint = hint


def leading_directives(
    lines: Iterable[str], *, comment: str = "#", first: int = 1
) -> Iterator[Directive]:
    """The directives before anything else, a blank line or an ordinary comment included.

    `first` is the number of the first of `lines`. Raises DirectiveError for one that comes twice.
    """
    seen = set()
    for number, line in enumerate(lines, start=first):
        text = line.strip(SPACE)
        found = (
            _FORM.match(text[len(comment) :].lstrip(SPACE)) if text.startswith(comment) else None
        )
        name = found[1].lower() if found else ""
        if found is None or name not in _KNOWN:
            return
        if name in seen:
            raise DirectiveError(
                f"only one {name} parser directive can be used", number, "remove one of them"
            )
        seen.add(name)
        yield Directive(name, found[2], number)


def escape_of(directive: Directive) -> str:
    """The escape character that a directive sets. Raises DirectiveError."""
    if directive.value not in ("\\", "`"):
        raise DirectiveError(
            f"invalid escape token '{directive.value}' does not match ` or \\",
            directive.line,
            "write # escape=` or # escape=\\",
        )
    return directive.value


def find_directive(name: str, data: bytes) -> Directive | None:
    """The `syntax` or `check` directive of a file; a first line `#!...` is skipped for it."""
    return _find(name, *_without_shebang(_decode(data)), comment="#")


def find_syntax(data: bytes) -> Directive | None:
    """The `syntax` directive, also as `//syntax=...` or `{"syntax": "..."}`."""
    text, first = _without_shebang(_decode(data))
    return (
        _find(SYNTAX, text, first, comment="#")
        or _find(SYNTAX, text, first, comment="//")
        or _json_syntax(text, first)
    )


def frontend_of(directive: Directive) -> str:
    """The image that a `syntax` directive names: the first word of its value."""
    return directive.value.partition(" ")[0]


def directives_of(source: str) -> dict[str, str]:
    """Every directive of a file's text by name; the value of one that comes twice is its first."""
    text, first = _without_shebang(source)
    found = {directive.name: directive.value for directive in _until_error(text, first, "#")}
    if first > 1:
        found.pop(ESCAPE, None)  # the escape directive does not look past a shebang
    return found


def _find(name: str, text: str, first: int, *, comment: str) -> Directive | None:
    for directive in _until_error(text, first, comment):
        if directive.name == name:
            return directive
    return None


def _until_error(text: str, first: int, comment: str) -> Iterator[Directive]:
    """The directives; one that comes twice ends them, as parsing the file tells about it."""
    lines = (found[0] for found in re.finditer(r"[^\n]*\n?", text))
    try:
        yield from leading_directives(lines, comment=comment, first=first)
    except DirectiveError:
        return


def _json_syntax(text: str, first: int) -> Directive | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    syntax = value.get(SYNTAX) if isinstance(value, dict) else None
    return Directive(SYNTAX, syntax, first) if isinstance(syntax, str) else None


def _without_shebang(text: str) -> tuple[str, int]:
    if not text.startswith("#!"):
        return text, 1
    return text.partition("\n")[2], 2


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace").removeprefix(_BOM)


def located(error: DirectiveError) -> DockerfileError:
    """The error as users see it, without its place."""
    return DockerfileError(str(error), hint=error.hint, id="bad-directive")

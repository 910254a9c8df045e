"""The syntax tree of a Dockerfile: one node an instruction, flags and arguments as written.

What the arguments mean is not looked at here; see `parse`.
"""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.dockerfile.arguments import read_arguments
from rootbuild.dockerfile.directives import (
    ESCAPE,
    DirectiveError,
    directives_of,
    escape_of,
    leading_directives,
    located,
)
from rootbuild.dockerfile.flags import split_flags
from rootbuild.dockerfile.heredoc import Marker, markers_in
from rootbuild.dockerfile.instructions import Heredoc, ParseWarning
from rootbuild.dockerfile.lines import Joined, LineReader, decode
from rootbuild.dockerfile.space import split_first, trim
from rootbuild.dockerfile.substitution import LexError
from rootbuild.errors import DockerfileError, Location
from rootbuild.records import dataclass, replace

_WITH_HEREDOCS = frozenset(("ADD", "COPY", "RUN"))
_ONBUILD = "ONBUILD"
_RULE_URL = "https://docs.docker.com/go/dockerfile/rule/no-empty-continuation/"


@dataclass(frozen=True, slots=True)
class Node:
    """An instruction as written.

    `keyword` keeps its case, `text` is the whole line with continuations joined, `argument` what
    follows the flags, and `args` its parts: the strings of a JSON form, words where the instruction
    has words, key and value in turn for ENV and LABEL, the whole text otherwise. `legacy` is ENV's
    and LABEL's form without `=`. `sub` is what ONBUILD triggers. `comments` are those above it.
    """

    keyword: str
    text: str
    flags: tuple[str, ...]
    argument: str
    args: tuple[str, ...]
    json: bool
    legacy: bool
    sub: Node | None
    start_line: int
    end_line: int
    heredocs: tuple[Heredoc, ...] = ()
    comments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The keyword in upper case."""
        return self.keyword.upper()


@dataclass(frozen=True, slots=True)
class Tree:
    """A file as nodes. `source` is its text, `escape` its escape character."""

    name: str
    source: str
    escape: str
    directives: dict[str, str]
    nodes: tuple[Node, ...]
    warnings: tuple[ParseWarning, ...]


def parse_tree(data: bytes, name: str) -> Tree:
    """Read a Dockerfile's bytes; `name` is what messages call it.

    Raises DockerfileError with the place for what cannot be read.
    """
    if not data:
        raise DockerfileError(
            "the Dockerfile cannot be empty",
            id="empty-dockerfile",
            hint="begin with FROM and the image to start from",
        )
    source = decode(data)
    escape, skipped = _top(source, name)
    reader = LineReader(source, escape, skipped)
    warnings: list[ParseWarning] = []
    nodes = tuple(_nodes(reader, name, source, warnings))
    if not nodes:
        raise DockerfileError(
            "file with no instructions",
            id="empty-dockerfile",
            hint="begin with FROM and the image to start from",
        )
    return Tree(name, source, escape, directives_of(source), nodes, tuple(warnings))


def _top(source: str, name: str) -> tuple[str, frozenset[int]]:
    """The escape character, and the numbers of the lines that are directives."""
    escape, skipped = "\\", set()
    try:
        for directive in leading_directives(_lines(source)):
            skipped.add(directive.line)
            if directive.name == ESCAPE:
                escape = escape_of(directive)
    except DirectiveError as error:
        problem = located(error)
        problem.locate(Location(name, error.line, error.line), source)
        raise problem from error
    return escape, frozenset(skipped)


def _lines(source: str) -> Iterator[str]:
    position = 0
    while position < len(source):
        end = source.find("\n", position)
        end = len(source) if end < 0 else end
        yield source[position:end]
        position = end + 1


def parse_tree_text(text: str, escape: str) -> tuple[Node, ...]:
    """The nodes of text that is no file, such as an ONBUILD trigger.

    Raises DockerfileError without a place.
    """
    reader = LineReader(text, escape)
    nodes = []
    while (joined := reader.next_joined()) is not None:
        nodes.append(_with_heredocs(_node(joined, escape), reader))
    return tuple(nodes)


def _nodes(
    reader: LineReader, name: str, source: str, warnings: list[ParseWarning]
) -> Iterator[Node]:
    start = 0
    try:
        while (joined := reader.next_joined()) is not None:
            start = joined.start
            if joined.blank:
                warnings.append(_empty_continuation(joined, name))
            yield _with_heredocs(_node(joined, reader.escape), reader)
            start = 0
    except DockerfileError as error:
        # A line that is too long is at fault itself, not the instruction that it continues.
        first = reader.number if error.id == "line-too-long" else start
        error.locate(Location(name, first, reader.number), source)
        raise


def _empty_continuation(joined: Joined, name: str) -> ParseWarning:
    return ParseWarning(
        rule="NoEmptyContinuation",
        message=f"Empty continuation line found in: {joined.text}",
        location=Location(name, joined.end, joined.end),
        url=_RULE_URL,
    )


def _node(joined: Joined, escape: str) -> Node:
    node = _line_node(joined.text, escape, joined.start, joined.end)
    return replace(node, comments=joined.comments) if joined.comments else node


def _line_node(line: str, escape: str, start: int, end: int, *, trigger: bool = False) -> Node:
    """The node of a joined line, without what only a file's lines tell."""
    text = trim(line)
    keyword, rest = split_first(text)
    flags, argument = split_flags(rest or "", escape)
    name = keyword.upper()
    argument = trim(argument)
    sub = None
    # A chain of ONBUILDs is refused later, so one step is enough, however long it is.
    if name == _ONBUILD and argument and not trigger:
        sub = _line_node(argument, escape, start, end, trigger=True)
    arguments = read_arguments(argument, escape, name)
    return Node(
        keyword=keyword,
        text=text,
        flags=flags,
        argument=argument,
        args=arguments.words,
        json=arguments.json,
        legacy=arguments.legacy,
        sub=sub,
        start_line=start,
        end_line=end,
    )


def _with_heredocs(node: Node, reader: LineReader) -> Node:
    """The node with the bodies that follow it, which are read."""
    inner = node.sub or node
    if inner.json or inner.name not in _WITH_HEREDOCS:
        return node
    try:
        markers = markers_in(node.text)
    except LexError as error:
        raise DockerfileError(str(error), id="bad-heredoc") from error
    if not markers:
        return node
    heredocs = tuple(_body(marker, reader) for marker in markers)
    return replace(node, heredocs=heredocs, end_line=reader.number)


def _body(marker: Marker, reader: LineReader) -> Heredoc:
    lines: list[str] = []
    while (line := reader.next_line()) is not None:
        bare = line.rstrip("\r")
        if marker.chomp:
            bare = bare.lstrip("\t")
        if bare == marker.name:
            return Heredoc(
                name=marker.name,
                content="".join(lines),
                expand=marker.expand,
                chomp=marker.chomp,
                fd=marker.fd,
            )
        lines.append(line + "\n")
    raise DockerfileError(
        "unterminated heredoc",
        id="unterminated-heredoc",
        hint=f"end it with a line that is {marker.name} and nothing else",
    )

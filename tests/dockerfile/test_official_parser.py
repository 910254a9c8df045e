"""Our trees against those of the official parser, in Go, as PyPI's `dockerfile` packs it.

It is an older version, so what has changed since is not compared: text after a JSON array, white
space after `<<`, and the escape character in flags. Nor are flags that are not ASCII, which it
takes apart byte by byte.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rootbuild.dockerfile.arguments import keywords
from rootbuild.dockerfile.tree import Node, parse_tree
from rootbuild.errors import DockerfileError

official = pytest.importorskip("dockerfile")

HERE = Path(__file__).parent
# What the older version reads otherwise, for the reasons above.
NEWER = {"json-forms", "heredocs", "backtick"}
GOLDEN = sorted(path for path in (HERE / "golden").iterdir() if path.name not in NEWER)

Row = tuple[object, ...]


def _ours(text: str) -> list[Row] | str:
    try:
        tree = parse_tree(text.encode(), "Dockerfile")
    except DockerfileError as error:
        return str(error)
    return [_row(node) for node in tree.nodes]


def _row(node: Node) -> Row:
    inner = node.sub or node
    return (
        node.keyword.upper(),
        inner.keyword.upper() if node.sub else None,
        node.json or inner.json,
        node.flags,
        _value(inner),
        # It does not hand out those of ONBUILD; that they are read shows in the lines.
        () if node.sub else tuple((doc.name, doc.fd, doc.content) for doc in node.heredocs),
        (node.start_line, node.end_line),
    )


def _value(node: Node) -> tuple[str, ...]:
    # For a keyword that does not exist it gives one empty argument.
    return node.args if node.name in keywords() else ("",)


def _theirs(text: str) -> list[Row] | str:
    try:
        commands = official.parse_string(text)
    except official.GoParseError as error:
        return str(error)
    return [
        (
            (command.cmd or "").upper(),
            command.sub_cmd.upper() if command.sub_cmd else None,
            command.json,
            command.flags,
            command.value,
            tuple((doc.name, doc.file_descriptor, doc.content) for doc in command.heredocs),
            (command.start_line, command.end_line),
        )
        for command in commands
    ]


@pytest.mark.parametrize("folder", GOLDEN, ids=[folder.name for folder in GOLDEN])
def test_golden_files(folder: Path) -> None:
    text = (folder / "Dockerfile").read_bytes().decode()
    assert _ours(text) == _theirs(text)


WORDS = st.sampled_from(
    [
        *(
            "a",
            "b=c",
            "d='e f'",
            'g="h i"',
            "j\\ k",
            "$A",
            "${B:-c}",
            "/x/",
            "80/tcp",
            "#",
            "-",
            "=l",
        ),
        *("'", '"', "\\", "\\\\", "\u00e9", "&&", "|", "<", "AS", "CMD", "NONE", "RUN", "ENV"),
        *("<<E", "3<<E", "<<-F", "<<'E'", '<<"F"', "<<<E", "x<<E", '"<<E"'),
    ]
)
FLAGS = st.lists(
    st.sampled_from(["--a", "--b=c", "--d='e f'", '--g="h"', "--i=j\\ k", "--"]), max_size=3
)
ARRAYS = st.lists(st.sampled_from(['"a"', '"b c"', '"\\n"', '"\\""', "1"]), max_size=3).map(
    lambda items: "[" + ", ".join(items) + "]"
)
GAPS = st.sampled_from([" ", "  ", "\t", " \\\n", "\\\n  ", " \\\n# c\n ", " \\\n\n"])
ENDS = st.sampled_from(
    ["\n", "\n\n", " \n", "\nE\n", "\nbody $x\nE\n", "\n\tF\n", "\n# c\n", "\r\n"]
)
ARGUMENTS = st.one_of(st.lists(WORDS, max_size=4), ARRAYS.map(lambda array: [array]))
KEYWORDS = st.sampled_from([*keywords(), "run", "Copy", "NOPE", "ONBUILD RUN", "ONBUILD COPY"])


@st.composite
def lines(draw: st.DrawFn) -> str:
    """One instruction, likely a strange one."""
    words = [draw(KEYWORDS), *draw(FLAGS), *draw(ARGUMENTS)]
    text = words[0]
    for word in words[1:]:
        text += draw(GAPS) + word
    return text + draw(ENDS)


@settings(max_examples=1500, deadline=None)
@given(st.lists(lines(), min_size=1, max_size=4).map("".join))
def test_generated_files(text: str) -> None:
    ours, theirs = _ours(text), _theirs(text)
    # A chain of ONBUILDs is refused later; we do not look into it.
    assume(isinstance(ours, str) or not any(row[1] == "ONBUILD" for row in ours))
    # It does not say how it read an array that something follows; ours is text by now.
    assume(isinstance(theirs, str) or not any(_has_tail(text, row) for row in theirs))
    assume(isinstance(ours, str) or all(flag.isascii() for row in ours for flag in _flags(row)))
    assert ours == theirs


def _flags(row: Row) -> tuple[str, ...]:
    flags = row[3]
    assert isinstance(flags, tuple)
    return flags


def _has_tail(text: str, row: Row) -> bool:
    return (
        bool(row[2])
        and "]" in text
        and any(line.partition("]")[2].strip() for line in text.split("\n"))
    )

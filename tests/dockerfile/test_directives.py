"""Parser directives, and where they may stand."""

from __future__ import annotations

import pytest

from rootbuild.dockerfile.directives import (
    Directive,
    find_directive,
    find_syntax,
    frontend_of,
)
from rootbuild.dockerfile.parse import parse
from rootbuild.dockerfile.tree import parse_tree
from rootbuild.errors import DockerfileError


@pytest.mark.parametrize(
    ("text", "value", "line"),
    [
        ("# syntax=docker/dockerfile:1\nFROM a", "docker/dockerfile:1", 1),
        ("#syntax=x", "x", 1),
        ("  #  SYNTAX  =  x  \r\nFROM a", "x", 1),
        ("\ufeff# syntax=x", "x", 1),
        ("# check=skip=all\n# syntax=x y z\n", "x y z", 2),
        ("#!/usr/bin/env x\n# syntax=x\n", "x", 2),
        ("// syntax=x\nanything", "x", 1),
        ("//check=a\n//syntax = x", "x", 2),
        ('{"syntax": "x", "other": 1}', "x", 1),
        ('#!shebang\n{"syntax": "x"}', "x", 2),
    ],
)
def test_syntax(text: str, value: str, line: int) -> None:
    assert find_syntax(text.encode()) == Directive("syntax", value, line)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FROM a",
        "\n# syntax=x",
        "# a comment\n# syntax=x",
        "# unknown=1\n# syntax=x",
        "#\n# syntax=x",
        "FROM a\n# syntax=x",
        "# syntax=",
        "# syntax x",
        "/ syntax=x",
        '{"syntax": 1}',
        '{"syntax": "x"',
        '["syntax"]',
        '{"a":' * 5000,
        "# escape=`\n# escape=`\n# syntax=x",
    ],
)
def test_no_syntax(text: str) -> None:
    assert find_syntax(text.encode()) is None


def test_frontend() -> None:
    assert frontend_of(Directive("syntax", "image:tag with words", 1)) == "image:tag"


def test_check() -> None:
    found = find_directive("check", b"# syntax=a\n# check=skip=A,B;error=true\nFROM x")
    assert found == Directive("check", "skip=A,B;error=true", 2)
    assert find_directive("check", b"//check=a") is None


def test_all_together() -> None:
    tree = parse_tree(b"# check=c\n# escape=`\n# syntax=s\n# note\nFROM a\n", "f")
    assert tree.directives == {"check": "c", "escape": "`", "syntax": "s"}
    assert tree.escape == "`"
    assert tree.nodes[0].comments == ("note",)


def test_escape_is_not_looked_for_behind_a_shebang() -> None:
    dockerfile = parse(b"#!x\n# escape=`\n# syntax=s\nFROM a\n")
    assert dockerfile.escape == "\\"
    assert dockerfile.directives == {"syntax": "s"}


def test_the_last_line_may_be_a_directive() -> None:
    with pytest.raises(DockerfileError, match="file with no instructions"):
        parse(b"# escape=`")


@pytest.mark.parametrize("name", ["escape", "syntax", "check"])
def test_each_once(name: str) -> None:
    text = f"# {name}=`\n# {name.upper()}=`\nFROM a\n"
    with pytest.raises(DockerfileError) as caught:
        parse(text.encode())
    assert str(caught.value) == f"only one {name} parser directive can be used"
    assert caught.value.report.location is not None
    assert caught.value.report.location.start == 2

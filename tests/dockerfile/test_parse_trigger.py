"""ONBUILD expressions, as an image holds them, read again."""

from __future__ import annotations

import pytest

from rootbuild.dockerfile.instructions import Add, Copy, Onbuild, Run
from rootbuild.dockerfile.parse import parse, parse_trigger
from rootbuild.errors import DockerfileError, Location

AT = Location("Dockerfile", 7, 7)


def _expression(text: str) -> str:
    instruction = parse(f"FROM a\n{text}".encode()).instructions[-1]
    assert isinstance(instruction, Onbuild)
    return instruction.expression


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("ONBUILD RUN a  b", "RUN a  b"),
        ("onbuild   run --mount=type=cache,target=/x a", "run --mount=type=cache,target=/x a"),
        ("ONBUILD \\\n RUN a \\\n  b", "RUN a   b"),
        ("ONBUILD COPY <<A <<-'B' /x\n1\nA\n\t2\n\tB\n", "COPY <<A <<-'B' /x\n1\nA\n\t2\nB"),
        ("ONBUILD FOO bar", "FOO bar"),
    ],
)
def test_is_stored_as_written(text: str, expression: str) -> None:
    assert _expression(text) == expression


def test_takes_the_location_that_it_is_given() -> None:
    run = parse_trigger("RUN --network=none echo $X", AT)
    assert isinstance(run, Run)
    assert run.location == AT
    assert run.command.args == ("echo $X",)
    assert run.network == "none"


def test_heredocs_survive() -> None:
    copy = parse_trigger(_expression("ONBUILD COPY <<A <<-'B' /x\n1\nA\n\t2\n\tB\n"), AT)
    assert isinstance(copy, Copy)
    assert [(doc.name, doc.content) for doc in copy.heredocs] == [("A", "1\n"), ("B", "2\n")]
    assert [doc.expand for doc in copy.heredocs] == [True, False]


def test_copies_from_stages() -> None:
    copy = parse_trigger("COPY --from=stage a b", AT)
    assert isinstance(copy, Copy)
    assert copy.from_ == "stage"


def test_another_escape_character() -> None:
    add = parse_trigger("ADD --chown=a`=b C:\\ D:\\", AT, escape="`")
    assert isinstance(add, Add)
    assert (add.chown, add.sources, add.destination) == ("a=b", ("C:\\",), "D:\\")


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("maintainer x", "MAINTAINER isn't allowed as an ONBUILD trigger"),
        ("CPOY a b", "unknown instruction: CPOY (did you mean COPY?)"),
        (
            "COPY a",
            "COPY requires at least two arguments, but only one was provided. "
            "Destination could not be determined",
        ),
        ("RUN <<E\nx", "unterminated heredoc"),
        ("RUN a\nRUN b", "onbuild trigger should be a single expression"),
        ("", "onbuild trigger should be a single expression"),
    ],
)
def test_refusals_have_the_location_too(expression: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse_trigger(expression, AT)
    assert str(caught.value) == message
    assert caught.value.report.location == AT
    caught.value.locate(AT, "\n" * 6 + "FROM base\n")
    assert caught.value.report.excerpt is not None

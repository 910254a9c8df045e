"""`RUN --mount=from=...` in the graph of stages."""

from __future__ import annotations

import pytest

from rootbuild.graph.stages import ImageBase, StageBase
from tests.graph.test_resolve import graph, refusal


def test_mounts_are_edges() -> None:
    found = graph(
        "FROM a AS one\nFROM b AS two\nFROM c\n"
        "RUN --mount=target=/x --mount=from=ONE,target=/y --mount=type=cache,from=img,target=/z x\n"
    )
    assert found.stages[2].sources_of(0) == (StageBase(0), ImageBase("img"))
    assert [stage.index for stage in found.needed()] == [0, 2]
    assert {image.reference for image, _ in found.images()} == {"a", "c", "img"}


def test_a_number_is_an_image() -> None:
    assert graph("FROM a\nRUN --mount=from=0,target=/x y").stages[0].sources_of(0) == (
        ImageBase("0"),
    )


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (
            "FROM a\nRUN --mount=from=late,target=/x y\nFROM b AS late",
            'cannot mount from stage "late" to "/x", stage needs to be defined before current '
            "command",
            2,
        ),
        (
            "FROM a AS self\nRUN --mount=from=self,target=/x y",
            "circular dependency detected on stage: self",
            2,
        ),
        (
            "FROM a AS one\nRUN --mount=from=two,target=/x y\n"
            "FROM b AS two\nRUN --mount=from=one,target=/x y",
            "circular dependency detected on stage: two",
            2,
        ),
        (
            "FROM a\nRUN --mount=from=$x,target=/x y",
            "'from' doesn't support variable expansion, define alias stage instead",
            2,
        ),
        (
            'FROM a\nRUN --mount=tar\\"get=/x y',
            'failed to parse csv mounts: parse error on line 1, column 4: bare " in non-quoted '
            "field",
            2,
        ),
    ],
)
def test_refused(text: str, message: str, line: int) -> None:
    error = refusal(text)
    assert str(error) == message
    assert error.report.location is not None
    assert error.report.location.start == line

"""ONBUILD replayed behind FROM: whose triggers, in which stages, and what they bring in."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rootbuild.dockerfile.instructions import Copy, Run
from rootbuild.dockerfile.parse import parse
from rootbuild.errors import DockerfileError, Location
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import ImageBase, StageBase, StageGraph
from rootbuild.image.platform import Platform

AMD64 = Platform("linux", "amd64")


def graph(text: str, target: str | None = None, **images: Sequence[str]) -> StageGraph:
    """The graph of `text`; `images` are the triggers of images by their names."""
    return resolve(
        parse(text.encode()),
        build_args={},
        build=AMD64,
        target_platform=AMD64,
        target=target,
        triggers={ImageBase(name): triggers for name, triggers in images.items()},
    )


def texts(found: StageGraph, stage: int = -1) -> list[str]:
    return [instruction.text for instruction in found.stages[stage].instructions]


def refusal(text: str, *triggers: str) -> DockerfileError:
    with pytest.raises(DockerfileError) as caught:
        graph(text, base=triggers)
    return caught.value


def test_an_image_s_triggers_come_first_and_in_order() -> None:
    found = graph("FROM base\nRUN own", base=["RUN one", "copy a b"])
    assert texts(found) == ["RUN one", "copy a b", "RUN own"]
    locations = [instruction.location for instruction in found.stages[0].instructions]
    assert locations == [
        Location("Dockerfile", 1, 1, "RUN one"),
        Location("Dockerfile", 1, 1, "copy a b"),
        Location("Dockerfile", 2, 2),
    ]


def test_a_stage_s_triggers_are_replayed_in_those_based_on_it() -> None:
    found = graph("FROM x AS a\nONBUILD RUN one\nRUN own\nONBUILD RUN two\nFROM A\nRUN last")
    assert texts(found, 0) == ["ONBUILD RUN one", "RUN own", "ONBUILD RUN two"]
    assert texts(found, 1) == ["RUN one", "RUN two", "RUN last"]


def test_triggers_are_not_inherited_further() -> None:
    found = graph(
        "FROM base AS a\nONBUILD RUN two\nFROM a AS b\nFROM b AS c\nFROM base", base=["RUN one"]
    )
    assert texts(found) == ["RUN one"]
    found = graph("FROM base AS a\nONBUILD RUN two\nFROM a AS b\nFROM b AS c", base=["RUN one"])
    assert [texts(found, index) for index in range(3)] == [
        ["RUN one", "ONBUILD RUN two"],
        ["RUN two"],
        [],
    ]


def test_only_bases_trigger() -> None:
    found = graph("FROM x\nCOPY --from=base a b\nRUN --mount=from=base,target=/m c", base=["RUN y"])
    assert texts(found)[0] == "COPY --from=base a b"


def test_heredocs_are_replayed() -> None:
    found = graph("FROM base AS a\nONBUILD COPY <<E <<-'F' /d/\n$x\nE\n\ty\n\tF\nFROM a\nRUN own")
    copy = found.stages[1].instructions[0]
    assert isinstance(copy, Copy)
    assert [(doc.name, doc.content, doc.expand) for doc in copy.heredocs] == [
        ("E", "$x\n", True),
        ("F", "y\n", False),
    ]
    assert copy.location == Location("Dockerfile", 7, 7, "COPY <<E <<-'F' /d/")


def test_the_escape_character_is_this_file_s() -> None:
    text = "# escape=`\nFROM base AS a\nONBUILD COPY C:\\ D:\\\nFROM a"
    copy = graph(text).stages[1].instructions[0]
    assert isinstance(copy, Copy)
    assert (copy.sources, copy.destination) == (("C:\\",), "D:\\")


def test_they_bring_in_stages_and_images() -> None:
    found = graph(
        "FROM one AS tools\nFROM two AS more\nFROM three AS unused\nFROM base",
        base=[
            "COPY --from=TOOLS a b",
            "RUN --mount=from=more,target=/m --mount=from=elsewhere,target=/n x",
            "COPY --from=other a b",
        ],
    )
    assert [stage.name for stage in found.needed()] == ["tools", "more", "stage-3"]
    assert [found.stages[3].sources_of(position) for position in range(3)] == [
        (StageBase(0),),
        (StageBase(1), ImageBase("elsewhere")),
        (ImageBase("other"),),
    ]
    assert [image.reference for image, _ in found.images()] == [
        *("one", "two", "base", "elsewhere", "other")
    ]


def test_positions_of_written_sources_move_along() -> None:
    found = graph("FROM x AS a\nFROM base\nCOPY --from=a b c", base=["RUN one", "RUN two"])
    assert [found.stages[1].sources_of(position) for position in range(3)] == [
        (),
        (),
        (StageBase(0),),
    ]


def test_a_stage_that_is_brought_in_may_have_triggers_too() -> None:
    found = graph(
        "FROM x AS a\nFROM tools AS tools\nFROM base",
        base=["COPY --from=tools a b"],
        tools=["RUN --mount=from=a,target=/a x"],
    )
    assert [stage.name for stage in found.needed()] == ["a", "tools", "stage-2"]
    run = found.stages[1].instructions[0]
    assert isinstance(run, Run)
    assert run.location == Location("Dockerfile", 2, 2, "RUN --mount=from=a,target=/a x")


def test_stages_that_are_not_needed_trigger_nothing() -> None:
    text = "FROM x AS a\nONBUILD NONSENSE\nFROM a AS b\nFROM base AS c\nFROM y"
    assert texts(graph(text, base=["NONSENSE"]), 2) == []
    assert texts(graph(text, target="a", base=["NONSENSE"]), 3) == []
    with pytest.raises(DockerfileError, match="unknown instruction: NONSENSE"):
        graph(text, target="b")


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        ("COPY --from=2 a b", "invalid stage index 2"),
        ("COPY --from=one a b", "circular dependency detected on stage: one"),
        ("COPY --from=0 a b", "circular dependency detected on stage: one"),
        ("RUN --mount=from=one,target=/t x", "circular dependency detected on stage: one"),
        (
            "COPY --from=two a b",
            'cannot copy from stage "two", it needs to be defined before current stage "one"',
        ),
        (
            "RUN --mount=from=two,target=/t x",
            'cannot mount from stage "two" to "/t", stage needs to be defined before current '
            "command",
        ),
        ("COPY --from=$X a b", "variable expansion is not supported for --from"),
        ("RUN --mount=from=$X,target=/t x", "'from' doesn't support variable expansion"),
        ("ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("from x", "FROM isn't allowed as an ONBUILD trigger"),
        ("MAINTAINER x", "MAINTAINER isn't allowed as an ONBUILD trigger"),
        ("CPOY a b", "unknown instruction: CPOY (did you mean COPY?)"),
        ("ENV A", "ENV must have two arguments"),
        ("RUN a\nRUN b", "onbuild trigger should be a single expression"),
        ("", "onbuild trigger should be a single expression"),
    ],
)
def test_what_cannot_be_is_refused_at_the_from(trigger: str, message: str) -> None:
    # The target comes first: nothing but its trigger could need what follows.
    text = "# the first line\nFROM base AS one\nRUN x\nFROM x AS two"
    with pytest.raises(DockerfileError) as caught:
        graph(text, target="one", base=["RUN fine", trigger])
    error = caught.value
    assert message in str(error)
    assert error.report.location == Location("Dockerfile", 2, 2, trigger.partition("\n")[0])
    assert error.report.excerpt is not None
    assert (2, "FROM base AS one", True) in error.report.excerpt.lines


def test_a_cycle_through_a_trigger() -> None:
    text = "FROM base AS one\nFROM x AS two\nCOPY --from=one a b"
    error = refusal(text, "COPY --from=two a b")
    assert str(error) == "circular dependency detected on stage: two"
    assert error.report.location == Location("Dockerfile", 1, 1, "COPY --from=two a b")
    text = "FROM base AS one\nFROM x AS two\nONBUILD COPY --from=one a b\nFROM two"
    assert texts(graph(text, base=["RUN x"])) == ["COPY --from=one a b"]

from __future__ import annotations

import pytest

from rootbuild.dockerfile.parse import parse
from rootbuild.errors import DockerfileError
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import ImageBase, ScratchBase, StageBase, StageGraph
from rootbuild.image.platform import Platform

AMD64 = Platform("linux", "amd64")


def graph(text: str, target: str | None = None, **build_args: str) -> StageGraph:
    return resolve(
        parse(text.encode()),
        build_args=build_args,
        build=AMD64,
        target_platform=Platform("linux", "arm64"),
        target=target,
    )


def refusal(text: str, target: str | None = None) -> DockerfileError:
    with pytest.raises(DockerfileError) as caught:
        graph(text, target)
    return caught.value


THREE = """\
FROM diamol/base AS build-stage
RUN a

FROM diamol/base AS test-stage
COPY --from=build-stage /x /x

FROM diamol/base
COPY --from=test-stage /x /x
"""


def test_example_a() -> None:
    found = graph(THREE)
    assert [stage.name for stage in found.stages] == ["build-stage", "test-stage", "stage-2"]
    assert [stage.needs for stage in found.stages] == [(), (0,), (1,)]
    assert found.target == 2
    assert [stage.index for stage in found.needed()] == [0, 1, 2]
    assert [image.reference for image, _ in found.images()] == ["diamol/base"]


@pytest.mark.parametrize(
    ("target", "needed"),
    [("build-stage", [0]), ("TEST-stage", [0, 1]), ("0", [0]), ("2", [0, 1, 2]), (None, [0, 1, 2])],
)
def test_a_target_prunes_what_it_does_not_need(target: str | None, needed: list[int]) -> None:
    assert [stage.index for stage in graph(THREE, target).needed()] == needed


def test_an_unreached_stage_s_image_is_not_wanted() -> None:
    found = graph("FROM broken AS a\nFROM good AS b\nFROM b")
    assert [image.reference for image, _ in found.images()] == ["good"]


@pytest.mark.parametrize(
    ("line", "base"),
    [
        ("FROM scratch", ScratchBase()),
        ("FROM one", StageBase(0)),
        ("FROM ONE", StageBase(0)),
        ("FROM other", ImageBase("other")),
        ("FROM 0", ImageBase("0")),
        ("FROM stage-1", ImageBase("stage-1")),
        ("FROM $IMAGE", ImageBase("debian:12")),
        ("FROM ${IMAGE%:*}:x", ImageBase("debian:x")),
        ("FROM $NAME", StageBase(0)),
        ("FROM x-$TARGETARCH-$BUILDARCH", ImageBase("x-arm64-amd64")),
    ],
)
def test_bases(line: str, base: object) -> None:
    found = graph(f"ARG IMAGE=debian:12\nARG NAME=one\nFROM a AS one\n{line}")
    assert found.stages[1].base == base


def test_a_stage_name_wins_over_an_image_of_that_name() -> None:
    assert graph("FROM a AS debian\nFROM debian").stages[1].base == StageBase(0)


def test_a_later_stage_is_no_base() -> None:
    assert graph("FROM late\nFROM a AS late").stages[0].base == ImageBase("late")


def test_a_build_arg_wins_over_a_global_default() -> None:
    found = graph("ARG V=1\nARG W=$V-x\nFROM a:$W", V="2")
    assert found.stages[0].base == ImageBase("a:2-x")


def test_an_arg_without_any_value_is_empty() -> None:
    assert "base name ($NOTHING) should not be blank" in str(refusal("ARG NOTHING\nFROM $NOTHING"))


@pytest.mark.parametrize(("target", "value"), [("named", "named"), (None, "default")])
def test_targetstage(target: str | None, value: str) -> None:
    found = graph("FROM a AS named\nFROM b", target)
    assert dict(found.global_args)["TARGETSTAGE"] == value


def test_copy_from_names_in_any_case_numbers_and_images() -> None:
    found = graph(
        "FROM a AS One\nFROM b\nCOPY --from=ONE x y\nCOPY --from=0 x y\nCOPY --from=img:1 x y"
    )
    stage = found.stages[1]
    assert [stage.sources_of(i) for i in range(3)] == [
        (StageBase(0),),
        (StageBase(0),),
        (ImageBase("img:1"),),
    ]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("FROM a\nCOPY --from=7 x y", "invalid stage index 7", 2),
        ("FROM a\nCOPY --from=-1 x y", "invalid stage index -1", 2),
        (
            "FROM a AS one\nCOPY --from=two x y\nFROM a AS two",
            'cannot copy from stage "two", it needs to be defined before current stage "one"',
            2,
        ),
        ("FROM a AS one\nCOPY --from=one x y", "circular dependency detected on stage: one", 2),
        ("FROM a\nCOPY --from=0 x y", "circular dependency detected on stage: stage-0", 2),
        (
            "FROM a AS one\nCOPY --from=two x y\nFROM one AS two",
            "circular dependency detected on stage: two",
            2,
        ),
        (
            "FROM a AS one\nCOPY --from=two x y\nFROM a AS two\nCOPY --from=one x y",
            "circular dependency detected on stage: two",
            2,
        ),
        ("FROM a\nCOPY --from=$X x y", "variable expansion is not supported for --from", 2),
        ("FROM --platform=$NO a", "empty platform value from expression $NO", 1),
        (
            "FROM --platform=$TARGTPLATFORM a",
            "empty platform value from expression $TARGTPLATFORM (did you mean TARGETPLATFORM?)",
            1,
        ),
        (
            "ARG P=a/b/c/d\nFROM --platform=$P a",
            "failed to parse platform $P: 'a/b/c/d': must be os/arch[/variant]",
            2,
        ),
        ("FROM a${b", "", 1),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(text: str, message: str, line: int) -> None:
    error = refusal(text)
    assert message in str(error)
    assert error.report.location is not None
    assert error.report.location.start == line
    assert error.report.excerpt is not None


def test_an_unknown_target_gets_a_suggestion() -> None:
    error = refusal(THREE, "tets-stage")
    assert str(error) == ('target stage "tets-stage" could not be found (did you mean test-stage?)')
    assert "build-stage" in error.report.hint


@pytest.mark.parametrize(
    ("line", "base", "platform"),
    [
        ("FROM a", ImageBase("a"), None),
        ("FROM --platform=$TARGETPLATFORM a", ImageBase("a"), "linux/arm64"),
        ("FROM --platform=linux/aarch64 a", ImageBase("a"), "linux/arm64"),
        ("FROM --platform=$BUILDPLATFORM a", ImageBase("a", "linux/amd64"), "linux/amd64"),
        ("FROM --platform=riscv64 scratch", ScratchBase(), "linux/riscv64"),
    ],
)
def test_platforms_of_bases(line: str, base: object, platform: str | None) -> None:
    stage = graph(line).stages[0]
    assert (stage.base, stage.platform) == (base, platform)


def test_one_image_for_two_platforms_is_two() -> None:
    text = "FROM --platform=linux/amd64 a AS x\nFROM a\nCOPY --from=a / /\nCOPY --from=x / /"
    found = graph(text)
    assert [image for image, _ in found.images()] == [ImageBase("a", "linux/amd64"), ImageBase("a")]
    assert [str(image) for image, _ in found.images()] == ["a (linux/amd64)", "a"]

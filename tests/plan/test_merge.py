"""Plans for several platforms made into one."""

from __future__ import annotations

import pytest

from rootbuild.dockerfile.parse import parse
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import ImageBase, StageBase
from rootbuild.image.config import ImageConfig
from rootbuild.image.platform import Platform, parse_platform
from rootbuild.plan.merge import Merged, merge
from rootbuild.plan.mounts.bind import BindMount
from rootbuild.plan.plan import BaseImage, Plan, plan_build
from rootbuild.plan.planner import PlanOptions
from rootbuild.plan.steps import CopyStep, RunStep

AMD64 = Platform("linux", "amd64")
BOTH = ("linux/amd64", "linux/arm64")
CROSS = """\
FROM --platform=$BUILDPLATFORM base AS fetch
RUN fetch
FROM --platform=$BUILDPLATFORM base AS build
ARG TARGETARCH
COPY --from=fetch /src /src
RUN --mount=type=bind,from=fetch,target=/f make $TARGETARCH
FROM base
COPY --from=build /out /
"""


def config(platform: str) -> ImageConfig:
    return ImageConfig(architecture=parse_platform(platform).architecture)


def plan(text: str, platform: str) -> Plan:
    target = parse_platform(platform)
    graph = resolve(parse(text.encode()), build_args={}, build=AMD64, target_platform=target)
    images = {
        image: BaseImage("base:1", f"{image} of {platform}", config(image.platform or platform))
        for image, _ in graph.images()
    }
    return plan_build(graph, images, PlanOptions(platform=target, platform_given=True))


def merged(text: str = CROSS, platforms: tuple[str, ...] = BOTH) -> Merged:
    return merge([(platform, plan(text, platform)) for platform in platforms])


def test_one_plan_stays_as_it_is() -> None:
    alone = plan(CROSS, "linux/arm64")
    assert merge([("linux/arm64", alone)]) == Merged(alone, ({0: 0, 1: 1, 2: 2},))


def test_what_is_the_same_on_all_platforms_is_built_once() -> None:
    found = merged()
    assert [(stage.index, stage.name) for stage in found.plan.stages] == [
        (0, "fetch"),
        (1, "build"),
        (2, "stage-2"),
        (3, "build"),
        (4, "stage-2"),
    ]
    assert found.plan.targets == (2, 4)
    assert found.numbers == ({0: 0, 1: 1, 2: 2}, {0: 0, 1: 3, 2: 4})


def test_steps_take_from_the_stages_of_their_own_platform() -> None:
    found = merged().plan
    build, result = found.stage(3), found.stage(4)
    copy, run = build.steps
    assert isinstance(copy, CopyStep)
    assert copy.source == StageBase(0)
    assert isinstance(run, RunStep)
    (mount,) = run.mounts
    assert isinstance(mount, BindMount)
    assert mount.source == StageBase(0)
    assert run.argv[-1] == "make $TARGETARCH"
    assert ("TARGETARCH", "arm64") in run.env
    (last,) = result.steps
    assert isinstance(last, CopyStep)
    assert last.source == StageBase(3)


def test_a_stage_on_another_stage_keeps_its_base() -> None:
    found = merged("FROM base AS a\nRUN x\nFROM a\nRUN y\n").plan
    assert [stage.base for stage in found.stages] == [
        ImageBase("base", "linux/amd64"),
        StageBase(0),
        ImageBase("base", "linux/arm64"),
        StageBase(2),
    ]


def test_each_platform_has_its_own_images() -> None:
    found = merged("FROM base\nCOPY --from=other /x /\n").plan
    assert {str(image): base.id for image, base in found.images.items()} == {
        "base (linux/amd64)": "base of linux/amd64",
        "other (linux/amd64)": "other of linux/amd64",
        "base (linux/arm64)": "base of linux/arm64",
        "other (linux/arm64)": "other of linux/arm64",
    }


def test_labels_name_the_platform() -> None:
    assert [stage.label for stage in merged().plan.stages] == [
        "linux/amd64 fetch",
        "linux/amd64 build",
        "linux/amd64 stage-2",
        "linux/amd64->arm64 build",
        "linux/arm64 stage-2",
    ]
    assert [stage.label for stage in merged("FROM base\nRUN x\n").plan.stages] == list(BOTH)


@pytest.mark.parametrize("text", ["FROM scratch\nCOPY a /\n", "FROM --platform=$BUILDPLATFORM b\n"])
def test_each_platform_has_its_own_result(text: str) -> None:
    assert len(set(merged(text).plan.targets)) == 2

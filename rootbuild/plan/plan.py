"""The whole build as data: every needed stage planned on top of its base."""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.errors import DockerfileError, unreachable
from rootbuild.graph.stages import (
    ContextBase,
    ImageBase,
    ScratchBase,
    Stage,
    StageBase,
    StageGraph,
)
from rootbuild.image.config import ImageConfig, on_platform, platform_of
from rootbuild.plan.planner import Planned, PlanOptions, plan_stage
from rootbuild.plan.state import StageState, from_image, from_stage
from rootbuild.plan.steps import StagePlan
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class BaseImage:
    """An image that the build starts from or copies from, as found in the store.

    `name` is the whole reference under which it was found; `id` its config's digest in hex.
    """

    name: str
    id: str
    config: ImageConfig


@dataclass(frozen=True, slots=True)
class Plan:
    """Stages in an order in which each comes after what it needs.

    `targets` are the numbers of those that images are made of, one for each platform. `images` are
    in the order in which the stages name them.
    """

    stages: tuple[StagePlan, ...]
    targets: tuple[int, ...]
    images: Mapping[ImageBase, BaseImage]

    def stage(self, index: int) -> StagePlan:
        """The planned stage with that number."""
        return next(stage for stage in self.stages if stage.index == index)


def plan_build(
    graph: StageGraph, images: Mapping[ImageBase, BaseImage], options: PlanOptions
) -> Plan:
    """Plan the target and all that it needs. `images` holds every image that these name.

    Raises DockerfileError with a location.
    """
    planned: dict[int, Planned] = {}
    for stage in graph.needed():
        try:
            start = _start(stage, planned, images, options)
        except DockerfileError as error:
            error.locate(stage.start.location, graph.dockerfile.source)
            raise
        platform = _platform(stage, planned, images, options)
        planned[stage.index] = plan_stage(graph, stage, start, options, platform)
    named = {image: images[image] for image, _ in graph.images()}
    return Plan(tuple(item.plan for item in planned.values()), (graph.target,), named)


def base_layers(plan: Plan, target: int) -> int:
    """How many of a target's layers are of the image that it was made of, at the very bottom."""
    base = plan.stage(target).base
    while isinstance(base, StageBase):
        base = plan.stage(base.index).base
    return len(plan.images[base].config.diff_ids) if isinstance(base, ImageBase) else 0


def _start(
    stage: Stage,
    planned: Mapping[int, Planned],
    images: Mapping[ImageBase, BaseImage],
    options: PlanOptions,
) -> StageState:
    match stage.base:
        case StageBase():
            return from_stage(planned[stage.base.index].state)
        case ImageBase():
            return from_image(images[stage.base].config)
        case ScratchBase() | ContextBase():
            return from_image(on_platform(ImageConfig(working_dir="/"), options.platform))
        case _:
            unreachable(stage.base)


def _platform(
    stage: Stage,
    planned: Mapping[int, Planned],
    images: Mapping[ImageBase, BaseImage],
    options: PlanOptions,
) -> str:
    """What a stage's programs are for: as its base says. FROM --platform is for images alone."""
    match stage.base:
        case StageBase():
            return planned[stage.base.index].plan.platform
        case ImageBase():
            made_for = platform_of(images[stage.base].config)
            return str(made_for or stage.platform or options.platform)
        case ScratchBase() | ContextBase():
            return str(options.platform)
        case _:
            unreachable(stage.base)

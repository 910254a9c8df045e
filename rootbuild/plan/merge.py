"""The plans of one Dockerfile for several platforms, made into one.

What is the same on all of them, such as a stage on the build's own platform that cross-compiles
nothing yet, is then built once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rootbuild.errors import unreachable
from rootbuild.graph.stages import Base, ContextBase, ImageBase, ScratchBase, Source, StageBase
from rootbuild.plan.mounts.bind import BindMount
from rootbuild.plan.mounts.cache import CacheMount
from rootbuild.plan.mounts.read import RunMount
from rootbuild.plan.plan import BaseImage, Plan
from rootbuild.plan.steps import CopyStep, RunStep, StagePlan, Step, WorkdirStep
from rootbuild.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Merged:
    """The one plan, and the numbers that the stages of each plan have in it."""

    plan: Plan
    numbers: tuple[Mapping[int, int], ...]


def merge(plans: Sequence[tuple[str, Plan]]) -> Merged:
    """Merge plans, each for a platform. One alone stays as it is.

    The stages' labels get the platform in front, as BuildKit has it.
    """
    if len(plans) == 1:
        (_, plan), *_ = plans
        return Merged(plan, ({stage.index: stage.index for stage in plan.stages},))
    stages: list[StagePlan] = []
    images: dict[ImageBase, BaseImage] = {}
    known: dict[tuple[object, ...], int] = {}
    targets: list[int] = []
    numbers: list[Mapping[int, int]] = []
    for platform, plan in plans:
        new: dict[int, int] = {}
        renamed = _Renamed(platform, new)
        for stage in plan.stages:
            moved = renamed.stage(stage, len(stages))
            target = stage.index in plan.targets
            # Each platform's result is its own, be it like another's or not.
            same = None if target else known.setdefault(_marks(moved), moved.index)
            if same is None or same == moved.index:
                stages.append(moved)
            new[stage.index] = moved.index if same is None else same
        images.update((renamed.image(image), base) for image, base in plan.images.items())
        targets += [new[target] for target in plan.targets]
        numbers.append(new)
    return Merged(Plan(tuple(stages), tuple(targets), images), tuple(numbers))


def _marks(stage: StagePlan) -> tuple[object, ...]:
    """What makes a stage the same as another."""
    return (stage.name, stage.base, stage.platform, stage.steps, stage.config)


class _Renamed:
    """A plan's stages and images under the names that they have in the merged one."""

    def __init__(self, platform: str, numbers: Mapping[int, int]) -> None:
        self._platform = platform
        self._numbers = numbers

    def stage(self, stage: StagePlan, index: int) -> StagePlan:
        label = f"{self._shown(stage.platform)} {stage.label}".rstrip()
        steps = tuple(self._step(step) for step in stage.steps)
        return replace(stage, index=index, label=label, base=self._base(stage.base), steps=steps)

    def image(self, image: ImageBase) -> ImageBase:
        """One that did not say so is wanted for the plan's platform."""
        return image if image.platform else replace(image, platform=self._platform)

    def _shown(self, platform: str) -> str:
        """`linux/amd64->arm64` for what is done on one platform for the sake of another."""
        if platform == self._platform:
            return platform
        return f"{platform}->{self._platform.removeprefix('linux/')}"

    def _base(self, base: Base) -> Base:
        return base if isinstance(base, ScratchBase) else self._source(base)

    def _source(self, source: Source) -> Source:
        match source:
            case ImageBase():
                return self.image(source)
            case StageBase():
                return StageBase(self._numbers[source.index])
            case ContextBase():
                return source
            case _:
                unreachable(source)

    def _step(self, step: Step) -> Step:
        match step:
            case RunStep():
                return replace(step, mounts=tuple(self._mount(mount) for mount in step.mounts))
            case CopyStep():
                source = None if step.source is None else self._source(step.source)
                return replace(step, source=source)
            case WorkdirStep():
                return step
            case _:
                unreachable(step)

    def _mount(self, mount: RunMount) -> RunMount:
        if isinstance(mount, BindMount | CacheMount) and mount.source is not None:
            return replace(mount, source=self._source(mount.source))
        return mount

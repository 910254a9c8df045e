"""The stages of a plan, for whoever shows them."""

from __future__ import annotations

from rootbuild.build.names import title
from rootbuild.errors import unreachable
from rootbuild.graph.stages import ContextBase, ImageBase, ScratchBase, StageBase
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import StagePlan
from rootbuild.progress.findings import Outline, StageOutline


def outline(plan: Plan) -> Outline:
    """What may be built, and what needs what."""
    stages = tuple(_stage(plan, stage) for stage in plan.stages)
    return Outline(stages, _name(plan.stage(plan.targets[0])))


def _stage(plan: Plan, stage: StagePlan) -> StageOutline:
    sources = [reading.source for step in stage.steps for reading in step.readings]
    indexes = [source.index for source in (stage.base, *sources) if isinstance(source, StageBase)]
    needs = tuple(_name(plan.stage(index)) for index in dict.fromkeys(indexes))
    positions = ([None] if stage.first else []) + list(range(len(stage.steps)))
    steps = tuple(title(plan, stage, position) for position in positions)
    return StageOutline(_name(stage), _base(plan, stage), needs, steps)


def _name(stage: StagePlan) -> str:
    """As progress labels its steps, so that both can be brought together."""
    return stage.label


def _base(plan: Plan, stage: StagePlan) -> str:
    match stage.base:
        case ImageBase():
            return plan.images[stage.base].name
        case StageBase():
            return _name(plan.stage(stage.base.index))
        case ContextBase():
            return f"context {stage.base.name}"
        case ScratchBase():
            return "scratch"
        case _:
            unreachable(stage.base)

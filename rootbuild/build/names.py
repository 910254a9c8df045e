"""How progress names the steps of a build."""

from __future__ import annotations

from rootbuild.graph.stages import ImageBase
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import StagePlan


def titles(plan: Plan) -> tuple[str, ...]:
    """All numbered steps of a build, as progress shows them."""
    return tuple(
        title(plan, stage, position)
        for stage in plan.stages
        for position in ([None] if stage.first else []) + list(range(len(stage.steps)))
    )


def title(plan: Plan, stage: StagePlan, position: int | None) -> str:
    """`[stage 2/3] RUN make`; position None is the FROM line of a stage based on an image."""
    number = 1 if position is None else position + 1 + int(stage.first)
    width = len(str(stage.total))
    label = f"{stage.label} " if stage.label else ""
    if position is None:
        assert isinstance(stage.base, ImageBase)
        text = f"FROM {plan.images[stage.base].name}"
    else:
        step = stage.steps[position]
        text = f"ONBUILD {step.title}" if step.location.trigger else step.title
    return f"[{label}{number:>{width}}/{stage.total}] {text}"

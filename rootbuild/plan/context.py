"""FROM a named context that is no image: its files are copied into an empty root."""

from __future__ import annotations

from rootbuild.errors import Location
from rootbuild.graph.stages import ContextBase
from rootbuild.plan.state import StageState
from rootbuild.plan.steps import CopyStep


def plan_context(
    state: StageState, context: ContextBase, location: Location
) -> tuple[StageState, CopyStep]:
    """The state after the files are there, and the step that copies them."""
    text = f"FROM {context.name}"
    step = CopyStep(
        location=location,
        title=text,
        source=context,
        sources=("/",),
        inline=(),
        destination="/",
        workdir="/",
        chown=None,
        chmod=None,
    )
    return state.with_history(text, layer=True), step

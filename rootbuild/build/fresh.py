"""Which stages are built again whatever is cached: `--no-cache` and `--no-cache-filter`."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.graph.stages import StageBase
from rootbuild.plan.plan import Plan


def fresh_stages(plan: Plan, names: Sequence[str], *, everything: bool) -> frozenset[int]:
    """The stages that are named, in any case or by number, and those based on them; by number.

    A name that no stage has is ignored, as BuildKit does: one filter may serve several Dockerfiles.
    What only copies from such a stage goes by the content that it copies.
    """
    wanted = {name.lower() for name in names}
    found: set[int] = set()
    for stage in plan.stages:
        named = not wanted.isdisjoint((stage.name.lower(), str(stage.index)))
        based = isinstance(stage.base, StageBase) and stage.base.index in found
        if everything or named or based:
            found.add(stage.index)
    return frozenset(found)

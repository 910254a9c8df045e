"""COPY --link: a layer that does not depend on what is below, and so is made once for many bases.

When only lower steps have changed, the store puts the layer that it knows on top of the new ones:
nothing is read, copied and committed again.
"""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.backend import Backend, Layers
from rootbuild.build.checkpoint import LayerPolicy
from rootbuild.build.remotecache.supply import Supply
from rootbuild.build.solver import Solver
from rootbuild.cache.database import Snapshot
from rootbuild.files.selection import Selection
from rootbuild.image.config import ImageConfig, render_config
from rootbuild.plan.steps import CopyStep, Step
from rootbuild.records import dataclass

LARGE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Links:
    """The layers of linked copies, by what they copy."""

    solver: Solver
    backend: Backend
    policy: LayerPolicy
    supply: Supply

    def key(self, step: Step, selections: Sequence[Selection]) -> str | None:
        """What the layer of a step is remembered under; None if it is to have none of its own.

        Every linked copy has one with layers "all", only a large one with "auto": for a small one
        more layers cost more than they save.
        """
        if not isinstance(step, CopyStep) or not step.independent:
            return None
        if self.policy == "auto" and sum(taken.size for taken in selections) < LARGE_BYTES:
            return None
        return self.solver.link_key(step)

    def stacked(self, link: str, below: Layers | None) -> Layers | None:
        """An image of the layers below and the known one on top; None if it is not known."""
        found = self.solver.snapshot(link)
        if found is None:
            return None
        for each in (below, found.layers):
            self.supply.ready(each)
        diff_ids = (*(below.diff_ids if below else ()), *found.layers.diff_ids)
        image = self.backend.create_image(render_config(ImageConfig(diff_ids=diff_ids), ""))
        layers = Layers(image, diff_ids)
        self.remember(link, layers)
        return layers

    def remember(self, link: str, layers: Layers) -> None:
        """Note that the last of these layers is that of a linked copy.

        The image is what keeps it in the store.
        """
        top = Layers(layers.image, layers.diff_ids[-1:])
        self.solver.remember(link, Snapshot(top, (1,)))

"""What base images trigger, which shows when their configs are known and may name more images."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rootbuild.graph.stages import ImageBase, StageGraph
from rootbuild.graph.triggers import Triggers
from rootbuild.plan.plan import BaseImage
from rootbuild.records import dataclass

Images = Mapping[ImageBase, BaseImage]
Look = Callable[[StageGraph, Images], Images]


@dataclass(frozen=True, slots=True)
class Bases:
    """A graph in which all known images have triggered what they do, and the images it names.

    An image is missing from `images` if it could not be had; what it triggers is not in the graph.
    """

    graph: StageGraph
    images: dict[ImageBase, BaseImage]

    @property
    def complete(self) -> bool:
        """Whether all images are known, and so the graph is the one to build."""
        return all(image in self.images for image, _ in self.graph.images())


def settle(graph: StageGraph, resolve: Callable[[Triggers], StageGraph], look: Look) -> Bases:
    """Look for the graph's images, and for those that the triggers of bases among them bring in.

    `resolve` gives the graph again with triggers. `look` gives images that a graph names, as far as
    they can be had, without those that are known. New images may be bases of stages that were not
    needed before, so this goes on until there are no more triggers.
    """
    images: dict[ImageBase, BaseImage] = {}
    triggers: Triggers = {}
    while True:
        images.update(look(graph, images))
        found: Triggers = {
            image: base.config.onbuild for image, base in images.items() if base.config.onbuild
        }
        if found == triggers:
            return Bases(graph, images)
        triggers, graph = found, resolve(found)

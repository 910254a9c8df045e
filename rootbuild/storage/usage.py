"""How much of the store's space belongs to what, from its index of layers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of one image (id), from the top; an image with a `name` is a person's."""

    image: str
    named: bool
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes of images that have a name, of those among them that containers use, and of others.

    A layer counts once, and not for the cache if an image with a name has it, too.
    """

    named: int = 0
    active: int = 0
    cached: int = 0


def usage(images: Collection[Layers], sizes: Mapping[str, int], active: Collection[str]) -> Usage:
    """Add it up; `active` are the ids of images in use, `sizes` the layers' own bytes."""

    def layers(chosen: Iterable[Layers]) -> set[str]:
        return {layer for image in chosen for layer in image.chain}

    named = layers(image for image in images if image.named)
    used = layers(image for image in images if image.image in active)
    cached = layers(image for image in images if not image.named) - named

    def total(chosen: set[str]) -> int:
        return sum(sizes.get(layer, 0) for layer in chosen)

    return Usage(total(named), total(named & used), total(cached))

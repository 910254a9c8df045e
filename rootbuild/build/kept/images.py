"""Results of steps and of builds: images without a name, which the cache index knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.build.journal import gate, running
from rootbuild.build.kept.entry import Entry
from rootbuild.cache.upkeep import KeptImage
from rootbuild.records import dataclass
from rootbuild.storage.index import Index, UnknownLayoutError

AT_ONCE = 10
"""How many images are removed while running builds may not claim any."""
_RESULT = "finished image without a name"


@dataclass(frozen=True, slots=True)
class Images:
    """Images of a store; `journals` is the folder of what running builds note."""

    backend: Backend
    journals: Path
    index: Callable[[], Index] = Index

    def entries(self, kept: Sequence[KeptImage]) -> list[Entry]:
        """Those that have no name and are in no index."""
        stored = self.backend.images()
        listed = {instance for image in stored for instance in image.instances}
        nameless = {image.id for image in stored if not image.names} - listed
        ours = {each.image: each for each in kept if each.image in nameless}
        chains, sizes, used = self._layers()
        others = {layer for image, chain in chains.items() if image not in ours for layer in chain}
        busy = self._busy(ours)
        return [
            self._entry(each, chains.get(image, ()), sizes, others, image in used | busy)
            for image, each in ours.items()
        ]

    def remove(self, entries: Sequence[Entry], kept: Callable[[], Sequence[KeptImage]]) -> None:
        """Remove some of them; those that a build has claimed meanwhile, or a name, stay.

        `kept` tells what the cache index says by then.
        """
        for start in range(0, len(entries), AT_ONCE):
            part = [entry.id for entry in entries[start : start + AT_ONCE]]
            with gate(self.journals):
                busy = self._busy({each.image: each for each in kept()})
                self.backend.remove([image for image in part if image not in busy])

    def _busy(self, kept: Mapping[str, KeptImage]) -> set[str]:
        """Those that running builds may go on from, or hand out."""
        builds = running(self.journals)
        return {
            image
            for image, each in kept.items()
            if builds.uses(image, each.used) or (each.finished and builds.since is not None)
        }

    def _layers(self) -> tuple[dict[str, tuple[str, ...]], Mapping[str, int], frozenset[str]]:
        """The layers of each image from the top, their sizes, and the images in use.

        Nothing is known where the store's files are not as we know them.
        """
        try:
            index = self.index()
            images, sizes = index.chains()
            return {image.image: image.chain for image in images}, sizes, index.used()
        except UnknownLayoutError:
            return {}, {}, frozenset()

    def _entry(
        self,
        kept: KeptImage,
        chain: Sequence[str],
        sizes: Mapping[str, int],
        others: set[str],
        use: bool,
    ) -> Entry:
        own = tuple(_own(chain, sizes, others))
        about = kept.about or (_RESULT if kept.finished else "")
        shared = bool(chain) and not own
        return Entry(kept.image, "regular", kept.used, about, own, shared, use, kept.finished)


def _own(
    chain: Sequence[str], sizes: Mapping[str, int], others: set[str]
) -> Iterator[tuple[str, int]]:
    for layer in chain:
        if layer not in others:
            yield layer, sizes.get(layer, 0)

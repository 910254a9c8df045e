"""What a build's results need of the store is brought when it is needed, and not before.

Images that are known by their keys or names alone, out of caches and registries, count as if they
were there. Who is going to use the layers of one says so first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from rootbuild.backend import Backend, Layers
from rootbuild.build.bases import Puller
from rootbuild.build.once import Once
from rootbuild.build.remotecache.ending import Ending
from rootbuild.build.remotecache.imported import Imported
from rootbuild.build.vertices import Vertices
from rootbuild.cache.database import Cache
from rootbuild.errors import BuildError
from rootbuild.graph.stages import ImageBase
from rootbuild.plan.plan import BaseImage


class Supply:
    """Brings images into the store, each once. `live` are the ids of those that are there."""

    def __init__(
        self,
        backend: Backend,
        cache: Cache,
        folder: Path,
        vertices: Vertices,
        ending: Ending,
        live: frozenset[str],
    ) -> None:
        self.imported = Imported()
        self._backend = backend
        self._cache = cache
        self._folder = folder
        self._vertices = vertices
        self.ending = ending
        self._live = live
        self._bases: dict[str, Callable[[], BaseImage]] = {}
        self._brought: Once[Layers, None] = Once(self._bring)
        self._pulling = threading.Lock()

    def expect(self, bases: Mapping[ImageBase, BaseImage], puller: Puller) -> None:
        """Note images that builds start from, and that are known, but not in the store yet."""
        for image, base in bases.items():
            if base.id not in self._live:
                self._bases[base.id] = lambda image=image: puller.pull(image)  # type: ignore[misc]

    def ready(self, layers: Layers | None) -> None:
        """See that the store has an image's layers. Raises RegistryError, ImageNotFoundError."""
        if layers is not None and layers.image not in self._live:
            self._brought[layers]

    def _bring(self, layers: Layers) -> None:
        if layers.image in self._bases:
            self._pull(layers.image)
            return
        results = list(self.imported.results(layers.image))
        if not results:
            return  # it was made by this build
        from rootbuild.build.remotecache.bring import bring

        bring(
            results[0][1].layers.diff_ids,
            self.imported,
            self._backend,
            self._folder,
            self._vertices,
            self.ending,
        )
        for key, snapshot in results:
            self._cache.remember_step(key, snapshot)

    def _pull(self, image: str) -> None:
        with self._pulling:  # pulling changes the environment
            found = self._bases[image]()
        if found.id != image:
            raise BuildError(
                f"{found.name} has become another image while the build was going on",
                id="image-changed",
                hint="start the build again",
            )

"""The caches of one build: read before it, used by it, written after it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.backend import Backend
from rootbuild.build.bases import Pulled, Puller
from rootbuild.build.export import Exporter, Inline
from rootbuild.build.mounts.cache import Restore, no_restore
from rootbuild.build.options import BuildOptions
from rootbuild.build.remotecache.ending import Ending
from rootbuild.build.remotecache.request import outside
from rootbuild.build.remotecache.supply import Supply
from rootbuild.build.solver import ContextDigest, Solver
from rootbuild.build.store import Store, read_store
from rootbuild.build.triggers import Images
from rootbuild.build.vertices import Vertices
from rootbuild.cache.database import Cache, Snapshot
from rootbuild.graph.stages import ImageBase
from rootbuild.plan.plan import Plan
from rootbuild.records import dataclass

if TYPE_CHECKING:  # most caches stay where they are
    from rootbuild.build.remotecache.travel import Travel


@dataclass(frozen=True, slots=True)
class Journey:
    """`folder` is this user's cache folder; `supply` brings what others have read of caches."""

    options: BuildOptions
    backend: Backend
    cache: Cache
    folder: Path
    vertices: Vertices
    supply: Supply

    @property
    def ending(self) -> Ending:
        """What ends waiting for others."""
        return self.supply.ending

    def read(self) -> None:
        """Read the caches of --cache-from."""
        if self.options.cache_from:
            self.supply.imported = self._travel().imported()

    def distant(self, missing: Sequence[ImageBase], pulled: Pulled, puller: Puller) -> Images:
        """Base images that need not be pulled to know what is in caches; pulled when needed."""
        if self.supply.imported.empty:
            return {}
        found = self._travel().distant(missing, pulled)
        self.supply.expect(found, puller)
        return found

    def restore(self) -> Restore:
        """What new cache mounts are filled with."""
        imported = self.supply.imported
        if not imported.mounts:
            return no_restore
        from rootbuild.build.remotecache.mounts import Restored

        return Restored(imported.mounts, self.folder / "scratch", self.vertices, self.ending)

    def inline(self, plan: Plan, digest: ContextDigest) -> Inline | None:
        """What puts a cache into the config of an image, if that was asked for."""
        if all(target.kind != "inline" for target in self.options.cache_to):
            return None
        from rootbuild.build.remotecache.gather import inlined

        def inline(blob: bytes, key: str, found: Snapshot, dates: Mapping[str, str]) -> bytes:
            solver = self._anew(plan, digest, read_store(self.backend))
            return inlined(plan, solver, blob, key, found, dates)

        return inline

    def write(
        self,
        plan: Plan,
        digest: ContextDigest,
        exporter: Exporter,
        store: Store,
        used: Collection[str],
    ) -> None:
        """Write the caches of --cache-to; `used` are the cache mounts that steps have used."""
        if not outside(self.options.cache_to):
            return
        from rootbuild.build.remotecache.mounts import Mounts

        imported = self.supply.imported
        mounts = Mounts(plan, self.folder / "mounts", used, imported.mounts, self.vertices)
        dates = self._dates(plan, self._anew(plan, digest, store), exporter)
        self.ending.steps_over()
        anew = partial(self._anew, plan, digest)
        self._travel().export(plan, anew, imported, dates, mounts.export)

    def _dates(self, plan: Plan, solver: Solver, exporter: Exporter) -> dict[str, str]:
        """The dates of finished images, by what these are remembered under."""
        found = {}
        for target in plan.targets:
            filesystem, config = solver.chain(target).filesystem, plan.stage(target).config
            image = None if filesystem is None else exporter.remembered(filesystem, config)
            if filesystem is not None and image is not None:
                created = json.loads(self.backend.config(image)).get("created") or ""
                found[exporter.key(filesystem, config)] = str(created)
        return found

    def _anew(self, plan: Plan, digest: ContextDigest, store: Store) -> Solver:
        """A solver that knows what there is now, also of stages that were built anew."""
        policy, imported = self.options.layers, self.supply.imported
        return Solver(plan, self.cache, store.ids, digest, policy, imported=imported)

    def _travel(self) -> Travel:
        from rootbuild.build.remotecache.travel import open_travel

        return open_travel(
            self.options, self.backend, self.cache, self.folder, self.vertices, self.ending
        )

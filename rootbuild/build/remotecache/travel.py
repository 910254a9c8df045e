"""A build's caches from beginning to end: read before it, brought for it, written after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.build.bases import Pulled
from rootbuild.build.options import BuildOptions
from rootbuild.build.remotecache.ending import Ending
from rootbuild.build.remotecache.exporter import Export
from rootbuild.build.remotecache.gather import Gathered, gather
from rootbuild.build.remotecache.imported import Imported
from rootbuild.build.remotecache.importer import import_caches
from rootbuild.build.remotecache.places import Folder, Place, Registry
from rootbuild.build.remotecache.record import Blob
from rootbuild.build.remotecache.request import CacheTarget, outside
from rootbuild.build.solver import Solver
from rootbuild.build.store import Store, read_store
from rootbuild.build.vertices import Vertices
from rootbuild.cache.database import Cache
from rootbuild.context.scratch import scratch
from rootbuild.errors import BuildError, HostError, RegistryError
from rootbuild.graph.stages import ImageBase
from rootbuild.image.config import parse_config
from rootbuild.image.layout import is_layout
from rootbuild.image.platform import build_platform
from rootbuild.image.reference import is_id, parse
from rootbuild.plan.plan import BaseImage, Plan
from rootbuild.records import dataclass
from rootbuild.registry.client import Registries
from rootbuild.registry.images import find_remote
from rootbuild.web.patience import Patience


@dataclass(frozen=True, slots=True)
class Travel:
    """What reading and writing caches takes. `folder` is this user's cache folder."""

    options: BuildOptions
    backend: Backend
    cache: Cache
    folder: Path
    vertices: Vertices
    ending: Ending
    registries: Registries

    def imported(self) -> Imported:
        """What the caches of `--cache-from` have; nothing with --no-cache."""
        if self.options.no_cache:
            return Imported()
        platform = self.options.platform or build_platform()
        return import_caches(self.options.cache_from, self.registries, platform, self.vertices)

    def distant(self, missing: Sequence[ImageBase], pulled: Pulled) -> dict[ImageBase, BaseImage]:
        """Images that a registry has, told by their manifests; the engine is left the others."""
        found = {}
        for image in missing:
            base = self._distant(image, pulled)
            if base is not None:
                found[image] = base
        return found

    def _distant(self, image: ImageBase, pulled: Pulled) -> BaseImage | None:
        if is_layout(image.reference) or is_id(image.reference):
            return None
        reference = parse(image.reference)
        try:
            remote = find_remote(self.registries, reference, pulled.wanted(image))
        except (RegistryError, HostError):
            return None  # the engine may know a way, and says what is wrong if not
        if remote is None:
            return None
        return BaseImage(reference.exact, remote.id, parse_config(remote.config))

    def export(
        self,
        plan: Plan,
        solver: Callable[[Store], Solver],
        imported: Imported,
        dates: Mapping[str, str],
        mounts: Callable[[Place, Path], Mapping[str, Blob]],
    ) -> None:
        """Write the caches of `--cache-to`; `dates` are those of finished images, by their keys.

        `solver` knows all keys of the build, and what a store has.
        Raises BuildError for a target that does not ignore errors.
        """
        for target in outside(self.options.cache_to):
            try:
                self._export(target, plan, solver, imported, dates, mounts)
            except (RegistryError, HostError) as error:
                if not target.ignore_error:
                    raise _failed(target, error) from error
                self.vertices.warn(f"the cache was not exported: {error.report.message}")

    def _export(
        self,
        target: CacheTarget,
        plan: Plan,
        solver: Callable[[Store], Solver],
        imported: Imported,
        dates: Mapping[str, str],
        mounts: Callable[[Place, Path], Mapping[str, Blob]],
    ) -> None:
        if target.kind == "absent":
            raise HostError(target.why, id="cache-export")
        store = read_store(self.backend)
        with (
            self.vertices.open(f"exporting cache to {target.kind}") as vertex,
            scratch(self.folder / "scratch") as work,
        ):
            vertex.status("preparing build cache for export")
            found: Gathered = gather(plan, solver(store), target.mode)
            found.dates.update(dates)
            place = self._place(target)
            export = Export(
                target,
                place,
                self.backend,
                self.cache,
                imported,
                store.ids,
                work,
                self.ending.part(),
            )
            held = mounts(place, work) if target.mounts else {}
            digest = export.write(found, held, vertex)
            vertex.status(f"writing cache manifest {digest} done")

    def _place(self, target: CacheTarget) -> Place:
        if target.folder is not None:
            return Folder(target.folder)
        return Registry(self.registries, parse(target.ref), write=True)


def open_travel(
    options: BuildOptions,
    backend: Backend,
    cache: Cache,
    folder: Path,
    vertices: Vertices,
    ending: Ending,
) -> Travel:
    """With the user's configuration for registries; waiting ends with `ending`."""
    registries = Registries(Patience(wait=ending.pause, connected=ending.lines.note))
    return Travel(options, backend, cache, folder, vertices, ending, registries)


def _failed(target: CacheTarget, error: RegistryError | HostError) -> BuildError:
    return BuildError(
        f"error writing cache to {target.shown}: {error.report.message}",
        hint=error.report.hint or "with ignore-error=true that would be a warning",
        id=error.id,
    )

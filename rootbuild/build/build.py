"""A build from beginning to end.

It runs twice at most. Outside of the user namespace it plans, and if every step is known it is
finished there. Else a fork of the process joins the engine's user namespace, where containers can
be mounted and files given any owner, plans again and does the rest.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.backend import Backend
from rootbuild.build.arguments import argument_warnings
from rootbuild.build.bases import Pulled, Puller, find_bases, pull_bases
from rootbuild.build.context import ContextFiles
from rootbuild.build.contexts import Contexts
from rootbuild.build.devices import Devices
from rootbuild.build.execute import Parts, build_target
from rootbuild.build.explain.explainer import Explainer
from rootbuild.build.explain.inventories import Inventories
from rootbuild.build.export import Exporter, Inline
from rootbuild.build.fetched import RemoteFiles
from rootbuild.build.foreign import check_platforms
from rootbuild.build.fresh import fresh_stages
from rootbuild.build.frontend import check_frontend
from rootbuild.build.inputs import Source, parse_dockerfile, read_dockerfile
from rootbuild.build.journal import clean_up_after_killed, open_journal
from rootbuild.build.memo.remember import Notebook, open_notebook
from rootbuild.build.mounts.cache import Restore, no_restore
from rootbuild.build.mounts.mounting import Mounting
from rootbuild.build.names import titles
from rootbuild.build.options import BuildOptions
from rootbuild.build.remotecache.ending import Ending
from rootbuild.build.remotecache.request import keeps_all, outside
from rootbuild.build.remotecache.supply import Supply
from rootbuild.build.solver import Solver
from rootbuild.build.store import Store, read_store
from rootbuild.build.told import (
    clear_iidfile,
    report_image,
    show_head,
    show_image,
    whole_names,
    write_iidfile,
)
from rootbuild.build.trees import Trees
from rootbuild.build.triggers import Bases, Images, Look, settle
from rootbuild.build.turns import Turns, usual_jobs
from rootbuild.build.vertices import Vertices
from rootbuild.build.warnings import show_known_warnings, show_warnings
from rootbuild.build.workspace import Workspaces
from rootbuild.cache.database import Cache, Snapshot, open_cache
from rootbuild.cache.files import FileDigests
from rootbuild.context.directory import LockedError
from rootbuild.dockerfile.instructions import Dockerfile
from rootbuild.errors import DockerfileError
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import ImageBase, StageGraph
from rootbuild.graph.triggers import Triggers
from rootbuild.image.platform import build_platform
from rootbuild.plan.epoch import source_date_epoch
from rootbuild.plan.keys import key
from rootbuild.plan.plan import Plan, plan_build
from rootbuild.plan.planner import PlanOptions
from rootbuild.process import Watch

if TYPE_CHECKING:  # most caches stay where they are
    from rootbuild.build.remotecache.travel import Travel


@dataclass(frozen=True, slots=True)
class Folders:
    """Where this user's cache and the notes of running builds are kept, on the host."""

    cache: Path
    state: Path


@dataclass(frozen=True, slots=True)
class Build:
    """One build: what was asked for, and the parts that do it.

    `inside` tells whether we are in the engine's namespace, where containers can be mounted.
    """

    options: BuildOptions
    backend: Backend
    folders: Folders
    vertices: Vertices
    contexts: Contexts
    inside: bool

    def run(self) -> str | None:
        """Build, tag, write the iidfile; gives the image's id (hex).

        None means that there is work to do, and that it must be done inside the namespace.
        Raises RootbuildError.
        """
        if self.options.iidfile is not None:
            clear_iidfile(self.options.iidfile)
        source = read_dockerfile(self.options, self.contexts)
        remarks = self._remarks(source)
        try:
            graph = self.resolve(parse_dockerfile(source))
            created = source_date_epoch(graph, self.options.build_args)
        except DockerfileError:
            show_known_warnings(self.vertices, self.options, source)
            raise
        notebook = open_notebook(self.options, source, self.backend)
        with open_cache(self.folders.cache / "cache.db") as cache:
            store = read_store(self.backend)
            supply = self._supply(cache, store)
            session = Session(self, source, remarks, graph, created, cache, store, notebook, supply)
            image = session.known()
            if image is None and self.inside:
                image = session.build()
        if image is not None and self.options.iidfile is not None:
            write_iidfile(self.options.iidfile, image)
        return image

    def _supply(self, cache: Cache, store: Store) -> Supply:
        ending = Ending(self.contexts.remotes.halt)
        return Supply(self.backend, cache, self.folders.cache, self.vertices, ending, store.ids)

    def _remarks(self, source: Source) -> tuple[str, ...]:
        """What is not done as it was asked for, though the build can go on."""
        frontend = check_frontend(source, self.options.build_args)
        found = [frontend] if frontend else []
        return (*found, *argument_warnings(self.options.build_args))

    def resolve(self, dockerfile: Dockerfile, triggers: Triggers | None = None) -> StageGraph:
        """The stages, with what base images trigger as far as it is known."""
        return resolve(
            dockerfile,
            build_args=self.options.build_args,
            build=build_platform(),
            target_platform=self.options.platform or build_platform(),
            target=self.options.target,
            triggers=triggers,
            contexts=self.options.contexts,
        )


@dataclass(frozen=True, slots=True)
class Session:
    """A build whose Dockerfile is parsed, with the cache open and the store's index read.

    `remarks` are warnings that are not about instructions; `created` is SOURCE_DATE_EPOCH.
    `supply` brings what is in caches elsewhere, which are read when there is something to do.
    """

    build_: Build
    source: Source
    remarks: tuple[str, ...]
    graph: StageGraph
    created: int | None
    cache: Cache
    store: Store
    notebook: Notebook
    supply: Supply

    def known(self) -> str | None:
        """The image's id if nothing has to be built; it is tagged then."""
        if outside(self.build_.options.cache_to) and not self.build_.inside:
            return None  # files of layers can be read inside alone
        bases = self._settle(self._at_hand)
        if not bases.complete:
            return None
        plan = self._plan(bases)
        with self._context() as context:
            solver = self._solver(plan, context)
            try:
                filesystem = solver.chain(plan.target).filesystem
            except LockedError:
                if self.build_.inside:
                    raise
                return None  # inside we are root, who may read whatever was fetched
        if plan.target in self._fresh(plan) or filesystem is None:
            return None
        image = self._exporter(plan, context).known(filesystem, plan.stage(plan.target).config)
        if image is None:
            return None
        self._show_head(plan)
        warnings = self._show_warnings(bases)
        for name in titles(plan):
            self.build_.vertices.cached(name)
        build = self.build_
        show_image(build.vertices, build.backend, self.store, image, self._names)
        self._note(plan, solver, context, warnings, image)
        self._travel(plan, context, image, ())
        return image

    def build(self) -> str:
        """Do what is not cached; gives the id of the image, which is tagged then."""
        options, backend, vertices = self.build_.options, self.build_.backend, self.build_.vertices
        with contextlib.ExitStack() as stack:
            journals = self.build_.folders.state / "builds"
            clean_up_after_killed(journals, backend.sweep)
            journal = stack.enter_context(open_journal(journals))
            stack.enter_context(backend.session())
            self._import()
            bases = self._settle(self._with_pulled)
            plan = self._plan(bases)
            self._show_head(plan)
            warnings = self._show_warnings(bases)
            inventories = Inventories()
            context = stack.enter_context(self._context(inventories))
            solver = self._solver(plan, context)
            check_platforms(plan, solver, self.graph.dockerfile.source, self._runs)
            halt = self.build_.contexts.remotes.halt
            turns = Turns(options.jobs or usual_jobs(), halt, Watch().busy)
            mounting = self._mounting()
            parts = Parts(
                plan,
                self.graph.dockerfile.source,
                backend,
                solver,
                context,
                stack.enter_context(Workspaces(backend, journal, turns, self.supply)),
                stack.enter_context(mounting),
                vertices,
                turns,
                halt,
                inventories,
                self._explainer(plan, solver, inventories),
                policy=options.layers,
                supply=self.supply,
                fresh=self._fresh(plan),
                keep_all=keeps_all(options.cache_to),
            )
            built = build_target(parts, self._stop)
            config = plan.stage(plan.target).config
            exporter = self._exporter(plan, context)
            fresh = plan.target in self._fresh(plan)
            image = None if fresh else exporter.known(built.key, config)
            if image is not None:
                show_image(vertices, backend, self.store, image, self._names)
            else:
                with vertices.open("exporting to image") as vertex:
                    image = exporter.create(parts, built, config, self._names)
                    report_image(vertex, image, self._names)
            # The next build knows nothing of what this one has just learned, but for the cache.
            self._note(plan, self._solver(plan, context), context, warnings, image)
            self._travel(plan, context, image, mounting.caches.used)
        return image

    def _import(self) -> None:
        """Read the caches of --cache-from."""
        if self.build_.options.cache_from:
            self.supply.imported = self._traveller().imported()

    def _traveller(self) -> Travel:
        from rootbuild.build.remotecache.travel import open_travel

        build = self.build_
        folder, ending = build.folders.cache, self.supply.ending
        return open_travel(build.options, build.backend, self.cache, folder, build.vertices, ending)

    def _travel(self, plan: Plan, context: ContextFiles, image: str, used: Collection[str]) -> None:
        """Write the caches of --cache-to; `used` are the cache mounts that steps have used."""
        if not outside(self.build_.options.cache_to):
            return
        from rootbuild.build.remotecache.mounts import Mounts

        build, imported = self.build_, self.supply.imported
        folder = build.folders.cache / "mounts"
        mounts = Mounts(plan, folder, used, imported.mounts, build.vertices)
        filesystem = self._anew(plan, context, self.store).chain(plan.target).filesystem
        config, exporter = plan.stage(plan.target).config, self._exporter(plan, context)
        dates = {}
        if filesystem is not None:
            created = json.loads(build.backend.config(image)).get("created") or ""
            dates[exporter.key(filesystem, config)] = str(created)
        self.supply.ending.steps_over()
        self._traveller().export(
            plan, partial(self._anew, plan, context), imported, dates, mounts.export
        )

    def _anew(self, plan: Plan, context: ContextFiles, store: Store) -> Solver:
        """A solver that knows what there is now, also of stages that were built anew."""
        policy = self.build_.options.layers
        return Solver(
            plan, self.cache, store.ids, context.digest, policy, imported=self.supply.imported
        )

    def _mounting(self) -> Mounting:
        build, imported = self.build_, self.supply.imported
        halt, folder, options = build.contexts.remotes.halt, build.folders.cache, build.options
        restore: Restore = no_restore
        if imported.mounts:
            from rootbuild.build.remotecache.mounts import Restored

            restore = Restored(
                imported.mounts, folder / "scratch", build.vertices, self.supply.ending
            )
        return Mounting(folder, options, Devices(options), halt, restore)

    def _stop(self) -> None:
        """End what the threads of the build wait for."""
        self.build_.backend.stop()
        self.build_.contexts.remotes.stop()

    def _settle(self, look: Look) -> Bases:
        return settle(self.graph, partial(self.build_.resolve, self.graph.dockerfile), look)

    def _at_hand(self, graph: StageGraph, known: Images) -> Images:
        return self._find_bases(graph, known)[0]

    def _with_pulled(self, graph: StageGraph, known: Images) -> Images:
        build = self.build_
        found, missing = self._find_bases(graph, known)
        puller = Puller(
            self.store, build.backend, build.options.pull, self._pulled(), build.vertices
        )
        distant: Images = {}
        if not self.supply.imported.empty:
            distant = self._traveller().distant(missing, self._pulled())
            self.supply.expect(distant, puller)
        left = [image for image in missing if image not in distant]
        return {**found, **distant, **pull_bases(graph, left, puller)}

    def _find_bases(self, graph: StageGraph, known: Images) -> tuple[Images, tuple[ImageBase, ...]]:
        policy = self.build_.options.pull
        return find_bases(graph, self.store, self.build_.backend, policy, self._pulled(), known)

    def _pulled(self) -> Pulled:
        return Pulled(self.cache, self.build_.options.platform or build_platform())

    def _plan(self, bases: Bases) -> Plan:
        options = self.build_.options
        plan = plan_build(
            bases.graph,
            bases.images,
            PlanOptions(
                build_args=options.build_args,
                network=options.network,
                hosts=options.hosts,
                labels=options.labels,
                platform=options.platform or build_platform(),
                platform_given=options.platform is not None,
                allow=options.allow,
                limits=options.limits,
                security=options.security,
                created=self.created,
            ),
        )
        Devices(options).check(plan, self.graph.dockerfile.source)
        return plan

    def _runs(self, architecture: str) -> bool:
        from rootbuild.host.emulation import runs

        return runs(architecture, self.build_.folders.cache / "probes")

    @contextlib.contextmanager
    def _context(self, inventories: Inventories | None = None) -> Iterator[ContextFiles]:
        remote = RemoteFiles(self.build_.contexts.remotes, self.cache, self.build_.vertices)
        with Trees(self.build_.contexts, self.source) as trees, remote:
            digests, source = FileDigests(self.cache), self.graph.dockerfile.source
            yield ContextFiles(trees, remote, digests, source, inventories)

    def _solver(self, plan: Plan, context: ContextFiles) -> Solver:
        policy = self.build_.options.layers
        fresh = self._fresh(plan)
        imported = self.supply.imported
        return Solver(plan, self.cache, self.store.ids, context.digest, policy, fresh, imported)

    def _explainer(self, plan: Plan, solver: Solver, inventories: Inventories) -> Explainer:
        source = self.source
        folder = source.context.fetched or str(source.context.folder.resolve())
        file = source.inside or source.name if source.path is None else str(source.path.resolve())
        project, asked = key("project", folder, file), self.build_.options.explain
        return Explainer(plan, solver, self.cache, inventories, project, asked=asked)

    def _fresh(self, plan: Plan) -> frozenset[int]:
        options = self.build_.options
        return fresh_stages(plan, options.no_cache_stages, everything=options.no_cache)

    def _exporter(self, plan: Plan, context: ContextFiles) -> Exporter:
        options = self.build_.options
        return Exporter(
            self.build_.backend,
            self.cache,
            self.store,
            options.layers,
            self.created,
            self.supply.imported,
            self._inline(plan, context),
        )

    def _inline(self, plan: Plan, context: ContextFiles) -> Inline | None:
        if all(target.kind != "inline" for target in self.build_.options.cache_to):
            return None
        from rootbuild.build.remotecache.gather import inlined

        def inline(blob: bytes, key: str, found: Snapshot, dates: Mapping[str, str]) -> bytes:
            solver = self._anew(plan, context, read_store(self.build_.backend))
            return inlined(plan, solver, blob, key, found, dates)

        return inline

    def _show_head(self, plan: Plan) -> None:
        names = dict.fromkeys(base.name for base in plan.images.values())
        show_head(self.build_.vertices, self.source.name, len(self.source.data), names)

    def _show_warnings(self, bases: Bases) -> tuple[str, ...]:
        for remark in self.remarks:
            self.build_.vertices.warn(remark)
        configs = {str(image): found.config for image, found in bases.images.items()}
        told = show_warnings(
            self.build_.vertices, self.build_.options, self.source, self.graph.dockerfile, configs
        )
        return (*self.remarks, *told)

    @property
    def _names(self) -> tuple[str, ...]:
        """The whole names that were asked for."""
        return whole_names(self.build_.options.tags)

    def _note(
        self,
        plan: Plan,
        solver: Solver,
        context: ContextFiles,
        warnings: tuple[str, ...],
        image: str,
    ) -> None:
        """Remember the whole build, if the next one just like it would have nothing to do."""
        filesystem = solver.chain(plan.target).filesystem
        config = plan.stage(plan.target).config
        exporter = self._exporter(plan, context)
        if filesystem and exporter.remembered(filesystem, config) == image:
            shown = (warnings, titles(plan))
            self.notebook.note(plan, self.cache, context.known, shown, image)


def start_build(
    options: BuildOptions, backend: Backend, folders: Folders, contexts: Contexts, *, inside: bool
) -> str | None:
    """Run a build; gives the image's id, or None if it has to go on inside the namespace.

    `contexts` is the same for both halves. Raises RootbuildError.
    """
    whole_names(options.tags)  # what is wrong with them is said before anything is done
    return Build(options, backend, folders, contexts.vertices, contexts, inside).run()

"""A build from beginning to end.

It runs twice at most. Outside of the user namespace it plans, and if every step is known it is
finished there. Else a fork of the process joins the engine's user namespace, where containers can
be mounted and files given any owner, plans again and does the rest.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.attest.options import NONE, UNKEPT
from rootbuild.backend import Backend
from rootbuild.build.arguments import argument_warnings
from rootbuild.build.context import ContextFiles
from rootbuild.build.contexts import Contexts
from rootbuild.build.contextsize import advice, measure
from rootbuild.build.debugger import Debugger
from rootbuild.build.devices import Devices
from rootbuild.build.execute import Parts, build_targets
from rootbuild.build.explain.explainer import Explainer
from rootbuild.build.explain.inventories import Inventories
from rootbuild.build.fetched import RemoteFiles
from rootbuild.build.foreign import check_platforms
from rootbuild.build.frontend import check_frontend
from rootbuild.build.handout import Handout
from rootbuild.build.inputs import Source, parse_dockerfile, read_dockerfile
from rootbuild.build.journal import clean_up_after_killed, open_journal
from rootbuild.build.memo.remember import Notebook, open_notebook
from rootbuild.build.mounts.mounting import Mounting
from rootbuild.build.names import titles
from rootbuild.build.options import BuildOptions
from rootbuild.build.outline import outline
from rootbuild.build.planning import Planned, Planner, platforms, resolved
from rootbuild.build.remotecache.ending import Ending
from rootbuild.build.remotecache.journey import Journey
from rootbuild.build.remotecache.request import keeps_all, outside
from rootbuild.build.remotecache.supply import Supply
from rootbuild.build.solver import Solver
from rootbuild.build.store import Store, read_store
from rootbuild.build.told import (
    clear_iidfile,
    show_head,
    whole_names,
    write_iidfile,
)
from rootbuild.build.trees import Trees
from rootbuild.build.turns import Turns, usual_jobs
from rootbuild.build.vertices import Vertices
from rootbuild.build.warnings import show_known_warnings, show_warnings
from rootbuild.build.workspace import Workspaces
from rootbuild.cache.database import Cache, open_cache
from rootbuild.cache.files import FileDigests
from rootbuild.context.directory import LockedError
from rootbuild.errors import DockerfileError
from rootbuild.plan.epoch import source_date_epoch
from rootbuild.plan.keys import key
from rootbuild.plan.plan import Plan
from rootbuild.process import Watch

if TYPE_CHECKING:  # most builds leave an image in the store, and nothing else
    pass


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
        """Build, tag, hand out what was asked for; gives the image's id (hex), or nothing of one.

        None means that there is work to do, and that it must be done inside the namespace.
        Raises RootbuildError.
        """
        started = time.time()
        if self.options.iidfile is not None:
            clear_iidfile(self.options.iidfile)
        source = read_dockerfile(self.options, self.contexts)
        remarks = self._remarks(source)
        try:
            dockerfile = parse_dockerfile(source)
            graphs = tuple(
                resolved(dockerfile, self.options, one) for one in platforms(self.options)
            )
            created = source_date_epoch(graphs[0], self.options.build_args)
        except DockerfileError:
            show_known_warnings(self.vertices, self.options, source)
            raise
        notebook = open_notebook(self.options, source, self.backend)
        with open_cache(self.folders.cache / "cache.db") as cache:
            store = read_store(self.backend)
            planner = Planner(
                dockerfile,
                graphs,
                self.options,
                self.backend,
                self.vertices,
                cache,
                store,
                created,
            )
            journey = self._journey(cache, store)
            handout = Handout(
                self.options,
                source,
                self.backend,
                cache,
                store,
                self.vertices,
                self.contexts.remotes,
                journey,
                self.folders.cache / "scratch",
                started,
                created,
            )
            session = Session(self, source, remarks, planner, store, notebook, journey, handout)
            image = session.known()
            if image is None and self.inside:
                image = session.build()
        if image is not None and self.options.iidfile is not None:
            write_iidfile(self.options.iidfile, image)
        return image

    def _journey(self, cache: Cache, store: Store) -> Journey:
        folder, ending = self.folders.cache, Ending(self.contexts.remotes.halt)
        supply = Supply(self.backend, cache, folder, self.vertices, ending, store.ids)
        return Journey(self.options, self.backend, cache, folder, self.vertices, supply)

    def _remarks(self, source: Source) -> tuple[str, ...]:
        """What is not done as it was asked for, though the build can go on."""
        frontend = check_frontend(source, self.options.build_args)
        found = [frontend] if frontend else []
        if self.options.attest != NONE and self.options.wanted.usual:
            found.append(UNKEPT)
        return (*found, *argument_warnings(self.options.build_args))


@dataclass(frozen=True, slots=True)
class Session:
    """A build whose Dockerfile is parsed, with the cache open and the store's index read.

    `remarks` are warnings that are not about instructions. `journey` reads caches from elsewhere
    when there is something to do.
    """

    build_: Build
    source: Source
    remarks: tuple[str, ...]
    planner: Planner
    store: Store
    notebook: Notebook
    journey: Journey
    handout: Handout

    def known(self) -> str | None:
        """The image's id if nothing has to be built; it is tagged then."""
        options = self.build_.options
        wanted, writes = options.wanted, bool(outside(options.cache_to))
        if wanted.files or self.handout.attests:
            return None
        if (wanted.inside or writes) and not self.build_.inside:
            return None  # files of layers can be read inside alone
        planned = self.planner.at_hand()
        if planned is None:
            return None
        plan = planned.plan
        with self._context() as context:
            solver = self._solver(planned, context)
            try:
                filesystems = [solver.chain(target).filesystem for target in plan.targets]
            except LockedError:
                if self.build_.inside:
                    raise
                return None  # inside we are root, who may read whatever was fetched
        if self.build_.options.debugging.lines or not planned.fresh.isdisjoint(plan.targets):
            return None
        exports = self.handout.exports(plan, context.digest)
        made = exports.known(filesystems)
        if made is None:
            return None
        self._show_head(plan)
        warnings = self._show_warnings(planned)
        for name in titles(plan):
            self.build_.vertices.cached(name)
        self._note(planned, solver, context, warnings, made.id)
        made = self.handout.finished(plan, made)
        self.journey.write(plan, context.digest, exports.exporter, self.store, ())
        self.handout.deliver(made)
        return made.id

    def build(self) -> str:
        """Do what is not cached; gives the id of the image, which is tagged then."""
        options, backend, vertices = self.build_.options, self.build_.backend, self.build_.vertices
        with contextlib.ExitStack() as stack:
            journals = self.build_.folders.state / "builds"
            clean_up_after_killed(journals, backend.sweep)
            journal = stack.enter_context(open_journal(journals))
            stack.enter_context(backend.session())
            self.journey.read()
            planned = self.planner.with_pulled(self.journey.distant)
            plan = planned.plan
            vertices.tell(outline(plan))
            self._show_head(plan)
            warnings = self._show_warnings(planned)
            inventories = Inventories()
            context = stack.enter_context(self._context(inventories))
            solver = self._solver(planned, context)
            check_platforms(plan, solver, self.planner.dockerfile.source, self._runs)
            halt = self.build_.contexts.remotes.halt
            turns = Turns(options.jobs or usual_jobs(), halt, Watch().busy)
            folder, restore = self.build_.folders.cache, self.journey.restore()
            mounting = Mounting(folder, options, Devices(options), halt, restore)
            parts = Parts(
                plan,
                self.planner.dockerfile.source,
                backend,
                solver,
                context,
                stack.enter_context(Workspaces(backend, journal, turns, self.journey.supply)),
                stack.enter_context(mounting),
                vertices,
                turns,
                halt,
                inventories,
                self._explainer(plan, solver, inventories),
                Debugger(options.debugging, plan, backend, vertices.reporter, halt),
                policy=options.layers,
                supply=self.journey.supply,
                fresh=planned.fresh,
                keep_all=keeps_all(options.cache_to),
            )
            try:
                states = build_targets(parts, self._stop)
            finally:
                self._report_context(inventories)
            made = self.handout.export(parts, planned, states)
            image = made.id if made else ""
            # The next build knows nothing of what this one has just learned, but for the cache.
            self._note(planned, self._solver(planned, context), context, warnings, image)
            exporter = self.handout.exports(plan, context.digest).exporter
            self.journey.write(plan, context.digest, exporter, self.store, mounting.caches.used)
        return image

    def _report_context(self, inventories: Inventories) -> None:
        """Tell how large the context is, and warn if that is more than it should be."""
        if inventories.context:
            found = measure(inventories.context)
            self.build_.vertices.tell(found)
            warning = advice(found)
            if warning:
                self.build_.vertices.warn(warning)

    def _stop(self) -> None:
        """End what the threads of the build wait for."""
        self.build_.backend.stop()
        self.build_.contexts.remotes.stop()

    def _runs(self, architecture: str) -> bool:
        from rootbuild.host.emulation import runs

        return runs(architecture, self.build_.folders.cache / "probes")

    @contextlib.contextmanager
    def _context(self, inventories: Inventories | None = None) -> Iterator[ContextFiles]:
        remote = RemoteFiles(self.build_.contexts.remotes, self.planner.cache, self.build_.vertices)
        meter = self.build_.contexts.meter
        with Trees(self.build_.contexts, self.source) as trees, remote, meter:
            digests, source = FileDigests(self.planner.cache), self.planner.dockerfile.source
            yield ContextFiles(trees, remote, digests, source, inventories, meter)

    def _solver(self, planned: Planned, context: ContextFiles) -> Solver:
        policy = self.build_.options.layers
        return Solver(
            planned.plan,
            self.planner.cache,
            self.store.ids,
            context.digest,
            policy,
            planned.fresh,
            self.journey.supply.imported,
        )

    def _explainer(self, plan: Plan, solver: Solver, inventories: Inventories) -> Explainer:
        source = self.source
        folder = source.context.fetched or str(source.context.folder.resolve())
        file = source.inside or source.name if source.path is None else str(source.path.resolve())
        project, asked = key("project", folder, file), self.build_.options.explain
        return Explainer(plan, solver, self.planner.cache, inventories, project, asked=asked)

    def _show_head(self, plan: Plan) -> None:
        names = dict.fromkeys(base.name for base in plan.images.values())
        show_head(self.build_.vertices, self.source.name, len(self.source.data), names)

    def _show_warnings(self, planned: Planned) -> tuple[str, ...]:
        for remark in self.remarks:
            self.build_.vertices.warn(remark)
        told = show_warnings(
            self.build_.vertices,
            self.build_.options,
            self.source,
            self.planner.dockerfile,
            planned.configs,
        )
        return (*self.remarks, *told)

    def _note(
        self,
        planned: Planned,
        solver: Solver,
        context: ContextFiles,
        warnings: tuple[str, ...],
        image: str,
    ) -> None:
        """Remember the whole build, if the next one just like it would have nothing to do."""
        plan = planned.plan
        filesystems = [solver.chain(target).filesystem for target in plan.targets]
        if self.handout.exports(plan, context.digest).remembered(filesystems) == image:
            shown = (warnings, titles(plan))
            self.notebook.note(plan, self.planner.cache, context.known, shown, image)


def start_build(
    options: BuildOptions, backend: Backend, folders: Folders, contexts: Contexts, *, inside: bool
) -> str | None:
    """Run a build; gives the image's id, or None if it has to go on inside the namespace.

    `contexts` is the same for both halves. Raises RootbuildError.
    """
    whole_names(options.tags)  # what is wrong with them is said before anything is done
    return Build(options, backend, folders, contexts.vertices, contexts, inside).run()

"""A build whose Dockerfile is parsed: what is known of it, and doing what is not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from rootbuild.build.context import ContextFiles
from rootbuild.build.contextsize import advice, measure
from rootbuild.build.debugger import Debugger
from rootbuild.build.devices import Devices
from rootbuild.build.execute import Parts, build_targets
from rootbuild.build.explain.explainer import Explainer
from rootbuild.build.explain.inventories import Inventories
from rootbuild.build.export import Made
from rootbuild.build.fetched import RemoteFiles
from rootbuild.build.foreign import check_platforms
from rootbuild.build.ground import Ground
from rootbuild.build.handout import Handout
from rootbuild.build.inputs import Source
from rootbuild.build.journal import clean_up_after_killed, open_journal
from rootbuild.build.memo.remember import Notebook
from rootbuild.build.mounts.mounting import Mounting
from rootbuild.build.names import titles
from rootbuild.build.outline import outline
from rootbuild.build.planning import Planned, Planner
from rootbuild.build.remotecache.journey import Journey
from rootbuild.build.remotecache.request import keeps_all, outside
from rootbuild.build.solver import Claim, Solver, unclaimed
from rootbuild.build.store import read_store
from rootbuild.build.told import (
    show_head,
)
from rootbuild.build.trees import Trees
from rootbuild.build.turns import Turns, usual_jobs
from rootbuild.build.warnings import show_warnings
from rootbuild.build.workspace import Workspaces
from rootbuild.cache.files import FileDigests
from rootbuild.cache.upkeep import touch
from rootbuild.context.directory import LockedError
from rootbuild.plan.keys import key
from rootbuild.plan.plan import Plan
from rootbuild.process import Watch
from rootbuild.records import dataclass

if TYPE_CHECKING:  # most builds leave an image in the store, and nothing else
    pass


@dataclass(frozen=True, slots=True)
class Session:
    """A build whose Dockerfile is parsed, with the cache open and the store's index read.

    `remarks` are warnings that are not about instructions. `journey` reads caches from elsewhere
    when there is something to do.
    """

    ground: Ground
    source: Source
    remarks: tuple[str, ...]
    planner: Planner
    notebook: Notebook
    journey: Journey
    handout: Handout

    def run(self) -> Made | None:
        """The image, which is tagged then; None if there is work to do that is done inside.

        Files of the context are looked at once, whether or not there is something to do.
        """
        inside, inventories = self.ground.inside, Inventories()
        with self._context(inventories if inside else None) as context:
            made = None if self.ground.due else self._known(context)
            return self._build(context, inventories) if made is None and inside else made

    def _known(self, context: ContextFiles) -> Made | None:
        """The image if nothing has to be built; it is tagged then."""
        options = self.ground.options
        wanted, writes = options.wanted, bool(outside(options.cache_to))
        if wanted.files or self.handout.attests:
            return None
        if (wanted.inside or writes) and not self.ground.inside:
            return None  # files of layers can be read inside alone
        planned = self.planner.at_hand()
        if planned is None:
            return None
        plan = planned.plan
        solver = self._solver(planned, context)
        try:
            filesystems = [solver.chain(target).filesystem for target in plan.targets]
        except LockedError:
            if self.ground.inside:
                raise
            return None  # inside we are root, who may read whatever was fetched
        if self.ground.options.debugging.lines or not planned.fresh.isdisjoint(plan.targets):
            return None
        exports = self.handout.exports(plan, context.digest)
        made = exports.known(filesystems)
        if made is None:
            return None
        self._show_head(plan)
        warnings = self._show_warnings(planned)
        for name in titles(plan):
            self.ground.vertices.cached(name)
        self._note(planned, solver, context, warnings, made.id)
        made = self.handout.finished(plan, made)
        self.journey.write(plan, context.digest, exports.exporter, self.planner.store, ())
        return self.handout.deliver(made)

    def _build(self, context: ContextFiles, inventories: Inventories) -> Made:
        """Do what is not cached; gives the image, which is tagged then, or nothing of one."""
        options, backend, vertices = self.ground.options, self.ground.backend, self.ground.vertices
        with contextlib.ExitStack() as stack:
            journals = self.ground.folders.state / "builds"
            clean_up_after_killed(journals, backend.sweep)
            journal = stack.enter_context(open_journal(journals))
            stack.enter_context(backend.session())
            self.journey.read()
            planned = self.planner.with_pulled(self.journey.distant)
            plan = planned.plan
            vertices.tell(outline(plan))
            self._show_head(plan)
            warnings = self._show_warnings(planned)
            solver = self._solver(planned, context, partial(journal.claim, there=self._stored))
            check_platforms(plan, solver, self.planner.dockerfile.source, self._runs)
            halt = self.ground.contexts.remotes.halt
            turns = Turns(options.jobs or usual_jobs(), halt, Watch().busy)
            folder, restore = self.ground.folders.cache, self.journey.restore()
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
            made = self.handout.export(parts, planned, states) or Made("", ())
            # The next build knows nothing of what this one has just learned, but for the cache.
            self._note(planned, self._solver(planned, context), context, warnings, made.id)
            exporter = self.handout.exports(plan, context.digest).exporter
            self.journey.write(
                plan, context.digest, exporter, self.planner.store, mounting.caches.used
            )
        return made

    def _report_context(self, inventories: Inventories) -> None:
        """Tell how large the context is, and warn if that is more than it should be."""
        if inventories.context:
            found = measure(inventories.context)
            self.ground.vertices.tell(found)
            warning = advice(found)
            if warning:
                self.ground.vertices.warn(warning)

    def _stop(self) -> None:
        """End what the threads of the build wait for."""
        self.ground.backend.stop()
        self.ground.contexts.remotes.stop()

    def _runs(self, architecture: str) -> bool:
        from rootbuild.host.emulation import runs

        return runs(architecture, self.ground.folders.cache / "probes")

    @contextlib.contextmanager
    def _context(self, inventories: Inventories | None) -> Iterator[ContextFiles]:
        remote = RemoteFiles(self.ground.contexts.remotes, self.planner.cache, self.ground.vertices)
        meter = self.ground.contexts.meter
        with Trees(self.ground.contexts, self.source) as trees, remote:
            digests, source = FileDigests(self.planner.cache), self.planner.dockerfile.source
            yield ContextFiles(trees, remote, digests, source, meter, inventories)

    def _stored(self, image: str) -> bool:
        """Whether the store has an image now."""
        return image in read_store(self.ground.backend).ids

    def _solver(self, planned: Planned, context: ContextFiles, claim: Claim = unclaimed) -> Solver:
        policy = self.ground.options.layers
        return Solver(
            planned.plan,
            self.planner.cache,
            self.planner.store.ids,
            context.digest,
            policy,
            planned.fresh,
            self.journey.supply.imported,
            claim,
        )

    def _explainer(self, plan: Plan, solver: Solver, inventories: Inventories) -> Explainer:
        source = self.source
        folder = source.context.fetched or str(source.context.folder.resolve())
        file = source.inside or source.name if source.path is None else str(source.path.resolve())
        project, asked = key("project", folder, file), self.ground.options.explain
        return Explainer(plan, solver, self.planner.cache, inventories, project, asked=asked)

    def _show_head(self, plan: Plan) -> None:
        names = dict.fromkeys(base.name for base in plan.images.values())
        show_head(self.ground.vertices, self.source.name, len(self.source.data), names)

    def _show_warnings(self, planned: Planned) -> tuple[str, ...]:
        for remark in self.remarks:
            self.ground.vertices.warn(remark)
        told = show_warnings(
            self.ground.vertices,
            self.ground.options,
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
        touch(self.planner.cache, solver.known())

"""Building stages: each step that is not cached is done in the stage's working container."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from rootbuild.backend import Backend, Layers
from rootbuild.build.context import ContextFiles
from rootbuild.build.journal import Journal
from rootbuild.build.names import title
from rootbuild.build.run import run_step
from rootbuild.build.solver import Solver
from rootbuild.build.vertices import Vertex, Vertices
from rootbuild.build.workspace import Workspace
from rootbuild.cache.database import Cache
from rootbuild.errors import RootbuildError, unreachable
from rootbuild.files.accounts import resolve_owner, resolve_user
from rootbuild.files.copy import CopyOptions, copy
from rootbuild.files.directories import make_workdir
from rootbuild.files.inline import write_inline
from rootbuild.files.mode import parse_chmod
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import Selection, select
from rootbuild.files.tree import RootfsTree
from rootbuild.graph.stages import ImageBase, ScratchBase, Source, StageBase
from rootbuild.plan.keys import content_key
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import CopyStep, RunStep, StagePlan, Step, WorkdirStep


@dataclass(frozen=True, slots=True)
class Built:
    """A finished stage: the key of its filesystem, and its layers (None: nothing at all)."""

    filesystem: str
    layers: Layers | None


class Executor:
    """Builds stages on demand, each at most once. Working containers last until the block ends."""

    def __init__(
        self,
        plan: Plan,
        source: str,
        backend: Backend,
        solver: Solver,
        cache: Cache,
        context: ContextFiles,
        journal: Journal,
        vertices: Vertices,
        *,
        use_cache: bool,
    ) -> None:
        self._plan = plan
        self._source = source
        self._backend = backend
        self._solver = solver
        self._cache = cache
        self._context = context
        self._journal = journal
        self._vertices = vertices
        self._use_cache = use_cache
        self._stack = contextlib.ExitStack()
        self._built: dict[int, Built] = {}
        self._spaces: dict[int, Workspace] = {}
        self._images: dict[ImageBase, Workspace] = {}
        self._bases_shown: set[ImageBase] = set()

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def build(self, index: int) -> Built:
        """Build a stage, and first what it turns out to need.

        Raises RootbuildError located at the instruction that failed.
        """
        if index not in self._built:
            self._built[index] = self._build(self._plan.stage(index))
        return self._built[index]

    def _build(self, stage: StagePlan) -> Built:
        done, key, layers = self._resume(stage)
        space = self._stack.enter_context(Workspace(self._backend, self._journal))
        self._spaces[stage.index] = space
        self._show_cached(stage, done)
        for position in range(done, len(stage.steps)):
            step = stage.steps[position]
            try:
                key, layers = self._advance(stage, position, key, layers, space)
            except RootbuildError as error:
                error.locate(step.location, self._source)
                raise
        return Built(key, layers)

    def _resume(self, stage: StagePlan) -> tuple[int, str, Layers | None]:
        """Where to go on: the number of steps that are done, the key there, and its layers."""
        if self._use_cache:
            chain = self._solver.chain(stage.index)
            for done in range(len(chain.keys), 0, -1):
                layers = self._solver.layers(chain.keys[done - 1])
                if layers is not None:
                    return done, chain.keys[done - 1], layers
        match stage.base:
            case StageBase():
                built = self.build(stage.base.index)
                return 0, built.filesystem, built.layers
            case ImageBase():
                image = self._plan.images[stage.base]
                layers = Layers(image.id, image.config.diff_ids)
                return 0, self._solver.start(stage.index), layers
            case ScratchBase():
                return 0, self._solver.start(stage.index), None

    def _show_cached(self, stage: StagePlan, done: int) -> None:
        if stage.first:
            self._vertices.cached(title(self._plan, stage, None))
        for position in range(done):
            self._vertices.cached(title(self._plan, stage, position))

    def _advance(
        self,
        stage: StagePlan,
        position: int,
        parent: str,
        layers: Layers | None,
        space: Workspace,
    ) -> tuple[str, Layers]:
        """Do one step, or find that its result is known; gives the key and layers after it."""
        step = stage.steps[position]
        selection = self._selection(step)
        key = self._solver.key(parent, step)
        assert key is not None
        known = self._solver.layers(key) if self._use_cache else None
        name = title(self._plan, stage, position)
        if known is not None:
            self._vertices.cached(name)
            return key, known
        with self._vertices.open(name) as vertex:
            container, rootfs = space.change(layers)
            self._perform(step, container, rootfs, selection, vertex)
            made = space.commit()
        self._solver.remember(key, made)
        return key, made

    def _perform(
        self,
        step: Step,
        container: str,
        rootfs: Rootfs,
        selection: Selection | None,
        vertex: Vertex,
    ) -> None:
        match step:
            case RunStep():
                run_step(self._backend, container, rootfs, step, vertex)
            case CopyStep():
                _copy(step, rootfs, selection)
            case WorkdirStep():
                account = resolve_user(rootfs, step.user)
                make_workdir(rootfs, step.path, account.uid, account.gid)
            case _:
                unreachable(step)

    def _selection(self, step: Step) -> Selection | None:
        """What a COPY takes. COPY --from builds or mounts its source, and notes a digest of it."""
        if not isinstance(step, CopyStep) or not step.sources:
            return None
        if step.source is None:
            return self._context.select(step)
        filesystem, rootfs = self._mounted(step.source)
        selection = select(RootfsTree(rootfs), step.sources)
        digest = selection.digest(None, owners=True)
        self._cache.remember_content(content_key(filesystem, step.sources), digest)
        return selection

    def _mounted(self, source: Source) -> tuple[str, Rootfs]:
        if isinstance(source, ImageBase):
            if source not in self._images:
                space = self._stack.enter_context(Workspace(self._backend, self._journal))
                self._images[source] = space
            image = self._plan.images[source]
            rootfs = self._images[source].view(Layers(image.id, image.config.diff_ids))
            key = self._solver.filesystem_key(source)
            assert key is not None
            return key, rootfs
        built = self.build(source.index)
        return built.filesystem, self._spaces[source.index].view(built.layers)


def _copy(step: CopyStep, rootfs: Rootfs, selection: Selection | None) -> None:
    options = CopyOptions(
        owner=None if not step.chown else resolve_owner(rootfs, step.chown),
        mode=None if not step.chmod else parse_chmod(step.chmod),
        keep_owner=step.source is not None,
        several=len(step.inline) + len(step.sources) > 1,
    )
    if selection is not None:
        copy(selection, rootfs, step.destination, step.workdir, options)
    if step.inline:
        write_inline(step.inline, rootfs, step.destination, step.workdir, options)

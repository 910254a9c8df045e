"""Building stages: each step that is not cached is done in the stage's working container."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

from rootbuild.backend import Backend, Layers
from rootbuild.build.checkpoint import LayerPolicy, Uncommitted, pays, used_bytes
from rootbuild.build.context import ContextFiles, read
from rootbuild.build.journal import Journal
from rootbuild.build.linking import Links
from rootbuild.build.mounts.mounting import Mounting
from rootbuild.build.names import title
from rootbuild.build.perform import perform
from rootbuild.build.solver import Solver
from rootbuild.build.vertices import Vertices
from rootbuild.build.workspace import Workspace
from rootbuild.cache.database import Snapshot
from rootbuild.errors import RootbuildError
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import Selection
from rootbuild.files.tree import RootfsTree
from rootbuild.graph.stages import ContextBase, Filesystem, ImageBase, ScratchBase, StageBase
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import Reading, RunStep, StagePlan


@dataclass(frozen=True, slots=True)
class State:
    """Where a stage is: the key of its filesystem, and the last layers that were committed.

    `layers` None is `scratch`. `groups` tells how many steps each layer above the base's holds.
    """

    key: str
    layers: Layers | None
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """What an executor works with. `fresh` are the stages for which no cache is used."""

    plan: Plan
    source: str
    backend: Backend
    solver: Solver
    context: ContextFiles
    journal: Journal
    mounting: Mounting
    vertices: Vertices
    policy: LayerPolicy
    fresh: frozenset[int] = frozenset()


class Executor:
    """Builds stages on demand, each at most once. Working containers last until the block ends."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stack = contextlib.ExitStack()
        self._built: dict[int, State] = {}
        self._spaces: dict[int, Workspace] = {}
        self._images: dict[ImageBase, Workspace] = {}
        self._links = Links(parts.solver, parts.backend, parts.policy)

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def build(self, index: int) -> State:
        """Build a stage, and first what it turns out to need.

        Raises RootbuildError located at the instruction that failed.
        """
        if index not in self._built:
            self._built[index] = self._build(self._parts.plan.stage(index))
            self._parts.solver.built(index, self._built[index].key)
        return self._built[index]

    def _build(self, stage: StagePlan) -> State:
        done, state = self._resume(stage)
        space = self._stack.enter_context(Workspace(self._parts.backend, self._parts.journal))
        self._spaces[stage.index] = space
        self._show_cached(stage, done)
        work = Uncommitted()
        for position in range(done, len(stage.steps)):
            step = stage.steps[position]
            try:
                state, work = self._advance(stage, position, state, space, work)
            except RootbuildError as error:
                error.locate(step.location, self._parts.source)
                raise
        if work.steps and self._must_be_an_image(stage):
            state = self._commit(space, state, work)
        return state

    def _resume(self, stage: StagePlan) -> tuple[int, State]:
        """Where to go on: the number of steps that are done, and the state there."""
        solver = self._parts.solver
        if stage.index not in self._parts.fresh:
            keys = solver.chain(stage.index).keys
            for done in range(len(keys), 0, -1):
                found = solver.snapshot(keys[done - 1])
                if found is not None:
                    return done, State(keys[done - 1], found.layers, found.groups)
        match stage.base:
            case StageBase():
                return 0, self.build(stage.base.index)
            case ImageBase():
                return 0, State(solver.start(stage.index), self._layers_of(stage.base))
            case ScratchBase() | ContextBase():
                return 0, State(solver.start(stage.index), None)

    def _show_cached(self, stage: StagePlan, done: int) -> None:
        positions = [None] if stage.first else []
        for position in (*positions, *range(done)):
            self._parts.vertices.cached(title(self._parts.plan, stage, position))

    def _must_be_an_image(self, stage: StagePlan) -> bool:
        """Whether others start from it, or it is the result. What is only copied from need not."""
        plan = self._parts.plan
        based = any(other.base == StageBase(stage.index) for other in plan.stages)
        return based or stage.index == plan.target

    def _advance(
        self,
        stage: StagePlan,
        position: int,
        state: State,
        space: Workspace,
        work: Uncommitted,
    ) -> tuple[State, Uncommitted]:
        """Do one step, or find that its result is known; the state and what is uncommitted."""
        step, parts = stage.steps[position], self._parts
        selections = tuple(self._selection(reading) for reading in step.readings)
        key = parts.solver.key(state.key, step)
        assert key is not None
        name = title(parts.plan, stage, position)
        fresh = stage.index in parts.fresh
        known = None if fresh else parts.solver.snapshot(key)
        if known is not None:
            parts.vertices.cached(name)
            return State(key, known.layers, known.groups), Uncommitted()
        link = self._links.key(step, selections) if self._must_be_an_image(stage) else None
        if link is not None and work.steps:
            state, work = self._commit(space, state, work), Uncommitted()
        with parts.vertices.open(name) as vertex:
            stacked = None if fresh or link is None else self._links.stacked(link, state.layers)
            if stacked is not None:
                return self._remember(key, stacked, (*state.groups, 1)), work
            container, rootfs = space.change(state.key, state.layers)
            begin, used = time.monotonic(), used_bytes(rootfs.path)
            independent = perform(
                parts.backend,
                step,
                container,
                rootfs,
                selections,
                parts.mounting,
                vertex,
                fresh=fresh,
            )
            space.changed(key)
            work.add(time.monotonic() - begin, used_bytes(rootfs.path) - used)
            state = State(key, state.layers, state.groups)
            once = isinstance(step, RunStep) and step.unrepeatable
            if once or link is not None or pays(parts.policy, work):
                state, work = self._commit(space, state, work), Uncommitted()
                if link is not None and independent and state.layers is not None:
                    self._links.remember(link, state.layers)
        return state, work

    def _commit(self, space: Workspace, state: State, work: Uncommitted) -> State:
        return self._remember(state.key, space.commit(), (*state.groups, work.steps))

    def _remember(self, key: str, layers: Layers, groups: tuple[int, ...]) -> State:
        self._parts.solver.remember(key, Snapshot(layers, groups))
        return State(key, layers, groups)

    def _selection(self, reading: Reading) -> Selection:
        """What a step takes. Its source is built or mounted first, and a digest is noted."""
        if reading.source is None or isinstance(reading.source, ContextBase):
            return self._parts.context.select(reading)
        filesystem, rootfs = self._mounted(reading.source)
        selection = read(RootfsTree(rootfs), reading)
        digest = selection.digest(None, owners=True)
        self._parts.solver.remember_content(filesystem, reading, digest)
        return selection

    def _mounted(self, source: Filesystem) -> tuple[str, Rootfs]:
        """The filesystem that a COPY --from reads, and its key."""
        if isinstance(source, StageBase):
            state = self.build(source.index)
            return state.key, self._spaces[source.index].view(state.key, state.layers)
        if source not in self._images:
            space = Workspace(self._parts.backend, self._parts.journal)
            self._images[source] = self._stack.enter_context(space)
        key = self._parts.solver.filesystem_key(source)
        assert key is not None
        return key, self._images[source].view(key, self._layers_of(source))

    def _layers_of(self, base: ImageBase) -> Layers:
        image = self._parts.plan.images[base]
        return Layers(image.id, image.config.diff_ids)

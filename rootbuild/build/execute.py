"""Building a stage: each step that is not cached is done in the stage's working container."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from rootbuild.backend import Backend, Describe, Layers
from rootbuild.build.checkpoint import (
    Costs,
    LayerPolicy,
    Uncommitted,
    correct,
    must_before,
    pays,
    pays_before,
    used_bytes,
)
from rootbuild.build.context import ContextFiles, read
from rootbuild.build.debugger import Debugger, plain
from rootbuild.build.explain.explainer import Explainer
from rootbuild.build.explain.inventories import Inventories
from rootbuild.build.halt import Halt
from rootbuild.build.linking import Links
from rootbuild.build.mounts.mounting import Mounting
from rootbuild.build.names import title
from rootbuild.build.perform import perform
from rootbuild.build.remotecache.supply import Supply
from rootbuild.build.run import process_of
from rootbuild.build.schedule import Scheduler
from rootbuild.build.solver import Solver
from rootbuild.build.turns import Turns
from rootbuild.build.vertices import Vertex, Vertices
from rootbuild.build.workspace import Workspaces
from rootbuild.cache.database import Snapshot
from rootbuild.errors import RootbuildError
from rootbuild.files.accounts import resolve_user
from rootbuild.files.directories import make_workdir
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import Selection
from rootbuild.files.tree import RootfsTree
from rootbuild.graph.stages import ContextBase, Filesystem, ImageBase, ScratchBase, StageBase
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import Reading, RunStep, StagePlan, Step
from rootbuild.progress.findings import Reasons
from rootbuild.records import dataclass, field, replace

WRITING = "writing layer"


@dataclass(frozen=True, slots=True)
class State:
    """Where a stage is: the key of its filesystem, and the last layers that were committed.

    `layers` None is `scratch`. `groups` tells how many steps each layer above the base's holds,
    `pending` how many steps only the stage's container holds.
    """

    key: str
    layers: Layers | None
    groups: tuple[int, ...] = ()
    pending: int = 0


@dataclass(frozen=True, slots=True)
class Parts:
    """What an executor works with. `fresh` are the stages for which no cache is used.

    With `keep_all` each stage's result becomes an image, so that it can be exported.
    """

    plan: Plan
    source: str
    backend: Backend
    solver: Solver
    context: ContextFiles
    spaces: Workspaces
    mounting: Mounting
    vertices: Vertices
    turns: Turns
    halt: Halt
    inventories: Inventories
    explainer: Explainer
    debugger: Debugger
    policy: LayerPolicy
    supply: Supply
    fresh: frozenset[int] = frozenset()
    keep_all: bool = False
    costs: Costs = field(default_factory=Costs)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of a stage before its next step is done.

    `position` is that step and `state` what it starts from, None for the stage's base. From step
    `horizon` on, keys depend on content that is not known yet.
    """

    position: int
    state: State | None
    horizon: int


def build_targets(parts: Parts, stop: Callable[[], object]) -> tuple[State, ...]:
    """Build the targets, and of the other stages those whose content they turn out to need.

    `stop` ends what threads wait for outside of this process (see `Scheduler`). The states are in
    the order of the targets.

    Raises RootbuildError located at the instruction that failed.
    """

    def build(index: int) -> None:
        if index == parts.plan.targets[0]:  # stages to stop in, also if nothing of them is needed
            stops = [stage for stage in parts.debugger.stops if stage not in parts.plan.targets]
            parts.solver.begin(stops)
            for stage in stops:
                scheduler.wait(stage)
        Executor(parts, scheduler, parts.plan.stage(index)).build()

    scheduler: Scheduler[State] = Scheduler(build, stop, parts.halt)
    return scheduler.run(parts.plan.targets)


def finish_target(
    parts: Parts, target: int, state: State, describe: Describe, names: Sequence[str]
) -> str:
    """Make an image of a target that is built, with that config and names; gives its id.

    One call of the engine does all if there are steps that no layer holds yet.
    """
    if state.pending:
        layers = parts.spaces[StageBase(target)].finish(describe, names)
        snapshot = Snapshot(layers, (*state.groups, state.pending))
        parts.solver.remember(state.key, snapshot)
        return layers.image
    parts.supply.ending.steps_over()
    parts.supply.ready(state.layers)
    config = describe(state.layers.diff_ids if state.layers else ())
    return parts.backend.create_image(config, names)


class Executor:
    """Builds one stage. It waits for others just where it needs what they give.

    What is known is not built: when keys become known, it goes on from the last of them for which
    the cache and the store have a result.
    """

    def __init__(self, parts: Parts, scheduler: Scheduler[State], stage: StagePlan) -> None:
        self._parts = parts
        self._scheduler = scheduler
        self._stage = stage
        self._space = parts.spaces[StageBase(stage.index)]
        self._links = Links(parts.solver, parts.backend, parts.policy, parts.supply)
        self._fresh = stage.index in parts.fresh
        self._taken: dict[Reading, Selection] = {}
        self._work = Uncommitted()
        self._renewed = False
        self._base = ""  # the key of what the first step starts from
        self._keys: list[str] = []
        self._stop_at = parts.debugger.stops.get(stage.index, len(stage.steps))

    def build(self) -> None:
        """Build the stage, and hand out its state as soon as it can be read from."""
        self._parts.costs.begin(self._stage.index)
        try:
            self._build()
        finally:
            if self._renewed and self._keys:
                self._parts.explainer.remember(self._stage, self._base, self._keys)

    def _build(self) -> None:
        stage = self._stage
        if stage.first:
            self._show_cached([None])
        ahead = self._look_ahead(0, None)
        state, position = ahead.state or self._start(), ahead.position
        if ahead.state is None:
            self._base = state.key
        while position < len(stage.steps):
            step = stage.steps[position]
            try:
                if position == self._stop_at:
                    state = self._look_around(position, state)
                if position == ahead.horizon:
                    self._find_out(step)
                    ahead = self._look_ahead(position, state)
                if ahead.state is not None and ahead.position > position:
                    position, state, self._work = ahead.position, ahead.state, Uncommitted()
                    continue
                state = self._advance(position, state)
                self._keys.append(state.key)
            except RootbuildError as error:
                error.locate(step.location, self._parts.source)
                raise
            position += 1
        self._hand_out(state)

    def _hand_out(self, state: State) -> None:
        """Give others what they wait for, and keep what is worth it, which they need not wait for.

        What others start from must be an image first. The result is made one at the very end, of
        what is pending; what was dear gets one of its own, as somebody may remove the result.
        """
        steps = self._work.steps
        if steps and self._stage.index in self._parts.plan.targets and not self._dear():
            state, self._work = replace(state, pending=steps), Uncommitted()
        elif steps and self._must_be_an_image():
            state = self._commit(state)
        self._parts.solver.built(self._stage.index, state.key, renewed=self._renewed)
        self._scheduler.give(self._stage.index, state)
        if self._work.steps and (self._dear() or not self._may_be_left()):
            self._commit(state, hurry=False)

    def _dear(self) -> bool:
        """Whether what is not committed at the stage's end is worth it."""
        return self._due(self._stage.steps[-1])

    def _may_be_left(self) -> bool:
        """Whether what is not committed at the end of a stage that is only copied from may stay so.

        Stages that this build does not need may hold work that earlier builds have left.
        """
        parts, costs = self._parts, self._parts.costs
        others = [other for other in parts.plan.stages if not costs.begun(other.index)]
        left = any(other.steps and not self._is_kept(other) for other in others)
        return costs.leave(self._stage.index, self._work, others=left)

    def _is_kept(self, stage: StagePlan) -> bool:
        key = self._parts.solver.chain(stage.index).filesystem
        return key is not None and self._parts.solver.snapshot(key) is not None

    def _look_ahead(self, position: int, state: State | None) -> Outlook:
        """Find the last result ahead that is known; have the stages built that are needed then."""
        stage, solver = self._stage, self._parts.solver
        horizon = len(stage.steps)
        if not self._fresh:
            steps = stage.steps[position:]
            keys = solver.keys(state.key, steps) if state else self._first_keys()
            horizon = position + len(keys)
            most = self._stop_at - position if position <= self._stop_at else len(keys)
            for done in range(min(len(keys), most), 0, -1):
                found = solver.snapshot(keys[done - 1])
                if found is not None:
                    self._show_cached(range(position, position + done))
                    state = State(keys[done - 1], found.layers, found.groups)
                    position += done
                    self._keys += keys[:done]
                    break
        outlook = Outlook(position, state, horizon)
        needed = tuple(self._needed(outlook))
        solver.begin(needed)
        self._scheduler.start(needed)
        return outlook

    def _first_keys(self) -> tuple[str, ...]:
        """The keys as they are known before anything is done.

        That of the base is kept, as it may be in doubt later: when a stage that it was made of has
        to run again for the sake of another.
        """
        chain = self._parts.solver.chain(self._stage.index)
        self._base = chain.base or ""
        return chain.keys

    def _needed(self, ahead: Outlook) -> Iterable[int]:
        """The stages without whose content we cannot go on, or find out whether we have to."""
        stage = self._stage
        if ahead.state is None and isinstance(stage.base, StageBase):
            yield stage.base.index
        for position in range(ahead.position, len(stage.steps)):
            for reading in stage.steps[position].readings:
                unknown = position >= ahead.horizon and self._parts.solver.content(reading) is None
                if isinstance(reading.source, StageBase) and (position < ahead.horizon or unknown):
                    yield reading.source.index

    def _start(self) -> State:
        """The state before the first step."""
        stage, solver = self._stage, self._parts.solver
        match stage.base:
            case StageBase():
                return self._scheduler.wait(stage.base.index)
            case ImageBase():
                return State(solver.start(stage.index), self._layers_of(stage.base))
            case ScratchBase() | ContextBase():
                return State(solver.start(stage.index), None)

    def _find_out(self, step: Step) -> None:
        """Wait until it is known, or read, what a step takes."""
        for reading in step.readings:
            if isinstance(reading.source, StageBase):
                self._scheduler.wait(reading.source.index)
            if self._parts.solver.content(reading) is None:
                self._selection(reading)

    def _show_cached(self, positions: Iterable[int | None]) -> None:
        for position in positions:
            self._parts.vertices.cached(title(self._parts.plan, self._stage, position))

    def _must_be_an_image(self) -> bool:
        """Whether others start from it, or it is the result. What is only copied from need not."""
        plan, index = self._parts.plan, self._stage.index
        if self._parts.keep_all:
            return True
        return index in plan.targets or any(other.base == StageBase(index) for other in plan.stages)

    def _advance(self, position: int, state: State) -> State:
        """The state after one more step, which is done unless its result is known."""
        step, parts = self._stage.steps[position], self._parts
        parts.halt.check()
        selections = tuple(self._selection(reading) for reading in step.readings)
        self._taken.clear()
        key = parts.solver.key(state.key, step)
        assert key is not None
        name = title(parts.plan, self._stage, position)
        parts.solver.call(key, name)
        known = None if self._fresh else parts.solver.snapshot(key)
        if known is not None:
            parts.vertices.cached(name)
            self._work = Uncommitted()
            return State(key, known.layers, known.groups)
        link = self._links.key(step, selections) if self._must_be_an_image() else None
        if link is not None:
            parts.solver.call(link, name)
        if self._work.steps and (link is not None or self._due_before(step)):
            state = self._commit(state)
        with parts.vertices.open(name) as vertex, parts.halt.blamed():
            vertex.gauge(WRITING, self._space.moved)
            if link is not None:
                return self._do_linked(step, selections, state, key, link, vertex)
            self._perform(step, selections, state, key, vertex)
            state = State(key, state.layers, state.groups)
            last = position + 1 == len(self._stage.steps)  # `_hand_out` does that
            return self._commit(state) if self._due(step) and not last else state

    def _do_linked(
        self,
        step: Step,
        selections: tuple[Selection, ...],
        state: State,
        key: str,
        link: str,
        vertex: Vertex,
    ) -> State:
        """Put the layer of a linked copy on top, which is made unless it is known."""
        if not self._fresh:
            with self._parts.turns.work():
                stacked = self._links.stacked(link, state.layers)
            if stacked is not None:
                return self._remember(key, stacked, (*state.groups, 1))
        independent = self._perform(step, selections, state, key, vertex)
        state = self._commit(State(key, state.layers, state.groups))
        if independent and state.layers is not None:
            self._links.remember(link, state.layers)
        return state

    def _look_around(self, position: int, state: State) -> State:
        """Let the user look into the container before a step; what they change is dropped."""
        step, parts = self._stage.steps[position], self._parts
        self._stop_at = len(self._stage.steps)
        if self._work.steps:
            state = self._commit(state)
        container, rootfs = self._space.change(state.key, state.layers)
        what = title(parts.plan, self._stage, position)
        if not isinstance(step, RunStep):
            parts.debugger.before(container, rootfs, plain(step), what)
            return state
        self._find_out(step)
        selections = tuple(self._selection(reading) for reading in step.readings)
        with parts.mounting.prepared(step, selections, fresh=False) as prepared:
            account = resolve_user(rootfs, step.user)
            make_workdir(rootfs, step.cwd, account.uid, account.gid)
            command = process_of(step, prepared, account)
            parts.debugger.before(container, rootfs, command, what)
        return state

    def _perform(
        self,
        step: Step,
        selections: tuple[Selection, ...],
        state: State,
        key: str,
        vertex: Vertex,
    ) -> bool:
        """Do a step on top of a state; whether the result would be the same on top of any other."""
        parts = self._parts
        self._renewed = True
        keys = (*self._keys, key)
        reasons = parts.explainer.explain(self._stage, self._base, keys, fresh=self._fresh)
        parts.vertices.tell(Reasons(vertex.number, tuple(map(str, reasons))))
        for reason in reasons if parts.explainer.asked else ():
            vertex.status(f"why: {reason}")
        container, rootfs = self._space.change(state.key, state.layers)
        with parts.turns.command() if isinstance(step, RunStep) else parts.turns.work():
            begin, used = time.monotonic(), used_bytes(rootfs.path)
            independent = perform(
                parts.backend,
                step,
                container,
                rootfs,
                selections,
                parts.mounting,
                vertex,
                parts.debugger,
                fresh=self._fresh,
            )
            self._work.add(time.monotonic() - begin, used_bytes(rootfs.path) - used)
            if len(parts.plan.stages) > 1:
                correct(self._work, rootfs.path, parts.costs)
        self._space.changed(key)
        return independent

    def _due(self, step: Step) -> bool:
        """Whether what was done so far is to be committed now that a step has been done."""
        once = isinstance(step, RunStep) and step.unrepeatable
        return once or pays(self._parts.policy, self._work, self._parts.costs)

    def _due_before(self, step: Step) -> bool:
        """Whether what was done so far is to be committed before a step is done."""
        rootfs = self._space.rootfs
        if rootfs is not None and must_before(step, rootfs):
            return True
        return pays_before(self._work, step, self._stage.index, self._parts.costs)

    def _commit(self, state: State, *, hurry: bool = True) -> State:
        layers, work = self._space.commit(hurry=hurry), self._work
        self._parts.costs.measured(work.written, self._space.commit_seconds)
        self._work = Uncommitted()
        return self._remember(state.key, layers, (*state.groups, work.steps))

    def _remember(self, key: str, layers: Layers, groups: tuple[int, ...]) -> State:
        self._parts.solver.remember(key, Snapshot(layers, groups))
        return State(key, layers, groups)

    def _selection(self, reading: Reading) -> Selection:
        """What a step takes. Its source is built or mounted first, and a digest is noted."""
        if reading.source is None or isinstance(reading.source, ContextBase):
            return self._parts.context.select(reading)
        if reading not in self._taken:
            filesystem, rootfs = self._mounted(reading.source)
            with self._parts.turns.work():
                selection = self._taken[reading] = read(RootfsTree(rootfs), reading)
                if self._parts.solver.content(reading) is None:
                    digest = self._parts.inventories.digest(selection, None, owners=True)
                    self._parts.solver.remember_content(filesystem, reading, digest)
        return self._taken[reading]

    def _mounted(self, source: Filesystem) -> tuple[str, Rootfs]:
        """The filesystem that a COPY --from reads, and its key."""
        space = self._parts.spaces[source]
        if isinstance(source, StageBase):
            state = self._scheduler.wait(source.index)
            return state.key, space.view(state.key, state.layers)
        key = self._parts.solver.filesystem_key(source)
        assert key is not None
        return key, space.view(key, self._layers_of(source))

    def _layers_of(self, base: ImageBase) -> Layers:
        image = self._parts.plan.images[base]
        return Layers(image.id, image.config.diff_ids)

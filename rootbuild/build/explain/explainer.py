"""Notes what each stage of a build is made of, and says why its steps have to run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from rootbuild.build.explain.compare import Explanation, Reason, nearest, reasons
from rootbuild.build.explain.inventories import Inventories
from rootbuild.build.explain.material import base_record, step_record
from rootbuild.build.explain.records import (
    BaseRecord,
    StageRecord,
    StepRecord,
    read,
    render,
)
from rootbuild.build.solver import Solver
from rootbuild.cache.records import Records
from rootbuild.plan.keys import key
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import StagePlan


@dataclass(frozen=True, slots=True)
class Explainer:
    """What the explainers of a build's stages share.

    `project` tells its builds from those of others (`project_mark`). `told` are the explanations so
    far; there are none unless they are `wanted`.
    """

    plan: Plan
    solver: Solver
    records: Records
    inventories: Inventories
    project: str
    build_args: Collection[str]
    fresh: Collection[int]
    wanted: bool
    told: list[Explanation] = field(default_factory=list)

    def stage(self, stage: StagePlan) -> StageExplainer:
        """The explainer of one stage."""
        return StageExplainer(self, stage)


class StageExplainer:
    """Explains the steps of one stage, for one thread. It is told of each of them, in order."""

    def __init__(self, whole: Explainer, stage: StagePlan) -> None:
        self._whole = whole
        self._stage = stage
        self._slot = key("stage", whole.project, stage.name)
        self._base: BaseRecord | None = None
        self._steps: list[StepRecord] = []
        self._running: StepRecord | None = None
        self._earlier: Sequence[StageRecord] | None = None

    def begins(self, start: str) -> None:
        """The stage starts from the filesystem with that key."""
        self._base = base_record(self._whole.plan, self._stage, start)

    def knows(self, result: str) -> None:
        """The next step has a known result with that key."""
        self._steps.append(self._step(result))

    def runs(self, result: str, title: str) -> tuple[Reason, ...]:
        """The next step has to be done; gives why, if anybody wants to know."""
        self._running = self._step(result)
        if not self._whole.wanted:
            return ()
        found = self._reasons(self._running)
        told = Explanation(self._stage.name, len(self._steps), title, found)
        self._whole.told.append(told)
        return found

    def ran(self) -> None:
        """It is done."""
        assert self._running is not None
        self._steps.append(self._running)

    def close(self) -> None:
        """Remember the stage as far as it got, if something of it was done."""
        if self._running is None or self._base is None:
            return
        for step in self._steps:
            for content in step.contents:
                self._whole.inventories.keep(content.digest)
        record = StageRecord(self._base, tuple(self._steps))
        self._whole.records.remember_stage(self._slot, render(record))

    def _step(self, result: str) -> StepRecord:
        step, whole = self._stage.steps[len(self._steps)], self._whole
        contents = [whole.solver.content(reading) or "" for reading in step.readings]
        return step_record(whole.plan, step, result, contents, whole.build_args)

    def _reasons(self, step: StepRecord) -> tuple[Reason, ...]:
        if self._stage.index in self._whole.fresh:
            return (Reason("no-cache", "the cache is not to be used for it"),)
        match self._whole.solver.lacking(step.key):
            case "image":
                return (Reason("gone", "the store has lost the image that it made before"),)
            case "layer":
                return (Reason("merged", "its layer holds the steps before it as well"),)
        return self._changes(step)

    def _changes(self, step: StepRecord) -> tuple[Reason, ...]:
        assert self._base is not None
        if self._earlier is None:
            self._earlier = [read(data) for data in self._whole.records.stage(self._slot)]
        position, base = len(self._steps), None if self._steps else self._base
        below = self._steps[-1].key if self._steps else self._base.key
        find = self._whole.inventories.find
        old = nearest(self._earlier, step, below, position, find)
        if old is None:
            return (Reason("new", "nothing like it was built before"),)
        found = reasons(old, step, below, base, find)
        return found or (Reason("not-kept", "it was not worth a layer when it ran before"),)

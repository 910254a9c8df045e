"""Says why steps run, and remembers what is needed to say it of later builds."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from rootbuild.build.explain.compare import compare
from rootbuild.build.explain.inventories import Inventories
from rootbuild.build.explain.reason import Reason
from rootbuild.build.explain.record import StageRecord, StepRecord, unpack
from rootbuild.build.names import title
from rootbuild.build.once import Once
from rootbuild.build.solver import Solver
from rootbuild.cache.database import Cache
from rootbuild.errors import unreachable
from rootbuild.graph.stages import ContextBase, ImageBase, ScratchBase, Source, StageBase
from rootbuild.plan.facts import facts
from rootbuild.plan.keys import key
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import Reading, StagePlan, Step
from rootbuild.records import dataclass

SHORT_ID = 12
MOST_UNASKED = 64 << 10
"""How long a packed inventory may be to be looked at although nobody asked for it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a step of a stage ran. `title` is its name in progress."""

    stage: str
    title: str
    reasons: tuple[Reason, ...]


class Explainer:
    """Compares the steps that run with how their stage was built before.

    `project` tells builds of one Dockerfile in one context from others. Unless it is `asked`, no
    long lists of files are compared. Safe to use from threads.
    """

    def __init__(
        self,
        plan: Plan,
        solver: Solver,
        cache: Cache,
        inventories: Inventories,
        project: str,
        *,
        asked: bool,
    ) -> None:
        self._plan = plan
        self._solver = solver
        self._cache = cache
        self._inventories = inventories
        self._project = project
        self.asked = asked
        self._told: list[Explanation] = []
        self._lock = threading.Lock()
        self._facts: Once[Step, dict[str, str]] = Once(facts)
        self._past: Once[str, list[StageRecord]] = Once(
            lambda name: [unpack(data) for data in cache.runs(name)]
        )

    @property
    def told(self) -> tuple[Explanation, ...]:
        """All explanations so far."""
        with self._lock:
            return tuple(self._told)

    def explain(
        self, stage: StagePlan, start: str, keys: Sequence[str], *, fresh: bool
    ) -> tuple[Reason, ...]:
        """Why the step runs whose key is the last of `keys`, which are those of all steps so far.

        `start` is the key of the filesystem that the stage starts from.
        """
        reasons = self._reasons(stage, start, keys, fresh=fresh)
        told = Explanation(stage.name, title(self._plan, stage, len(keys) - 1), reasons)
        with self._lock:
            self._told.append(told)
        return reasons

    def remember(self, stage: StagePlan, start: str, keys: Sequence[str]) -> None:
        """Note how a stage was built as far as it went: the keys after its steps."""
        record = self._record(stage, start, keys)
        last = keys[-1] if keys else start
        self._cache.remember_run(self._name(stage), last, record.pack())
        for step in record.steps:
            for digest in step.contents:
                self._cache.remember_inventory(digest, self._inventories.find(digest))

    def _reasons(
        self, stage: StagePlan, start: str, keys: Sequence[str], *, fresh: bool
    ) -> tuple[Reason, ...]:
        if fresh:
            return (Reason("no-cache"),)
        lost = self._solver.lost(keys[-1])
        if lost is not None:
            return (Reason(lost),)
        remembered = self._past[self._name(stage)]
        if any(step.key == keys[-1] for record in remembered for step in record.steps):
            return (Reason("not-kept"),)
        places = [self._place(reading) for reading in stage.steps[len(keys) - 1].readings]
        planned = [self._facts[step] for step in stage.steps]
        now = self._record(stage, start, keys)
        return tuple(compare(now, planned, remembered, places, self._inventory))

    def _record(self, stage: StagePlan, start: str, keys: Sequence[str]) -> StageRecord:
        pairs = zip(stage.steps, keys, strict=False)
        steps = [
            self._step(step, found, title(self._plan, stage, position))
            for position, (step, found) in enumerate(pairs)
        ]
        return StageRecord(start, self._base(stage), tuple(steps))

    def _step(self, step: Step, found: str, name: str) -> StepRecord:
        contents = (self._solver.content(reading) for reading in step.readings)
        return StepRecord(
            found, name, self._facts[step], tuple(content or "" for content in contents)
        )

    def _base(self, stage: StagePlan) -> dict[str, str]:
        match stage.base:
            case ImageBase():
                image = self._plan.images[stage.base]
                told = {"image": image.name, "id": image.id[:SHORT_ID]}
            case StageBase():
                told = {"stage": self._plan.stage(stage.base.index).name}
            case ScratchBase() | ContextBase():
                told = {}
            case _:
                unreachable(stage.base)
        return {**told, "platform": str(stage.platform)}

    def _name(self, stage: StagePlan) -> str:
        return key("run", self._project, stage.name.lower())

    def _inventory(self, digest: str) -> bytes | None:
        found = self._inventories.find(digest) or self._cache.inventory(digest)
        long = found is not None and len(found) > MOST_UNASKED and not self.asked
        return None if long else found

    def _place(self, reading: Reading) -> str:
        if reading.remote is not None:
            return reading.remote.shown
        return "the context" if reading.source is None else self._source(reading.source)

    def _source(self, source: Source) -> str:
        match source:
            case ImageBase():
                return f"the image {self._plan.images[source].name}"
            case StageBase():
                return f"the stage {self._plan.stage(source.index).name}"
            case ContextBase():
                return f"the context {source.name}"
            case _:
                unreachable(source)

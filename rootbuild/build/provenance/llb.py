"""A plan's steps as provenance lists them: in the shape of BuildKit's LLB.

https://github.com/moby/buildkit/blob/master/solver/pb/ops.proto, as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rootbuild.attest.invocation import Step
from rootbuild.errors import Location, unreachable
from rootbuild.graph.stages import Base, ContextBase, ImageBase, ScratchBase, Source, StageBase
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import CopyStep, RunStep, StagePlan, WorkdirStep
from rootbuild.plan.steps import Step as PlanStep
from rootbuild.remote.sources import GitSource, HttpSource, RemoteSource

Op = Mapping[str, object]


def steps_of(plan: Plan) -> tuple[Step, ...]:
    """All steps of a plan, sources included, each after what it takes as input."""
    return _Definition(plan).steps


class _Definition:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._steps: list[Step] = []
        self._sources: dict[str, str] = {}
        self._stages: dict[int, str] = {}
        for stage in plan.stages:
            self._stages[stage.index] = self._stage(stage)

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    def _stage(self, stage: StagePlan) -> str:
        """The output of a stage's last step; empty for nothing on scratch."""
        last = self._base(stage.base)
        for step in stage.steps:
            last = self._step(step, last, stage)
        return last

    def _step(self, step: PlanStep, below: str, stage: StagePlan) -> str:
        taken = [self._source(reading.source, reading.remote) for reading in step.readings]
        inputs = tuple(dict.fromkeys(filter(None, (below, *taken))))
        system, architecture, *variant = stage.platform.split("/")
        platform = {"Architecture": architecture, "OS": system}
        if variant:
            platform["Variant"] = variant[0]
        op = {**_operation(step), "platform": platform}
        return self._add(op, inputs, step.location)

    def _base(self, base: Base) -> str:
        match base:
            case ScratchBase():
                return ""
            case StageBase():
                return self._stages[base.index]
            case ImageBase() | ContextBase():
                return self._source(base, None)
            case _:
                unreachable(base)

    def _source(self, source: Source | None, remote: RemoteSource | None) -> str:
        if isinstance(source, StageBase):
            return self._stages[source.index]
        identifier = _identifier(remote) if remote is not None else self._named(source)
        if identifier not in self._sources:
            self._sources[identifier] = self._add({"Op": {"source": {"identifier": identifier}}})
        return self._sources[identifier]

    def _named(self, source: ImageBase | ContextBase | None) -> str:
        if source is None:
            return "local://context"
        if isinstance(source, ImageBase):
            return f"docker-image://{self._plan.images[source].name}"
        if isinstance(source.origin, HttpSource | GitSource):
            return _identifier(source.origin)
        return f"local://{source.name}"

    def _add(self, op: Op, inputs: tuple[str, ...] = (), location: Location | None = None) -> str:
        name = f"step{len(self._steps)}"
        lines = None if location is None else (location.start, location.end)
        self._steps.append(Step(name, op, inputs, lines))
        return f"{name}:0"


def _identifier(source: RemoteSource) -> str:
    return source.shown if isinstance(source, HttpSource) else f"git://{source.shown}"


def _operation(step: PlanStep) -> Op:
    match step:
        case RunStep():
            meta = {
                "args": list(step.argv),
                "env": [f"{name}={value}" for name, value in step.env],
                "cwd": step.cwd,
                **({"user": step.user} if step.user else {}),
            }
            network = {"none": 2, "host": 1}.get(step.network)
            return {"Op": {"exec": {"meta": meta, **({"network": network} if network else {})}}}
        case CopyStep():
            names = [*step.sources, *(file.name for file in step.inline)]
            return {"Op": {"file": {"actions": [_copied(name, step) for name in names]}}}
        case WorkdirStep():
            made = {"path": step.path, "mode": 0o755, "makeParents": True}
            return {"Op": {"file": {"actions": [{"Action": {"mkdir": made}}]}}}
        case _:
            unreachable(step)


def _copied(name: str, step: CopyStep) -> Op:
    destination = str(Path(step.workdir, step.destination))
    if step.destination.endswith("/"):
        destination += "/"
    copy: dict[str, object] = {
        "src": name,
        "dest": destination,
        "createDestPath": True,
        "allowWildcard": True,
    }
    if step.unpack:
        copy["attemptUnpackDockerCompatibility"] = True
    if step.chown:
        copy["owner"] = step.chown
    if step.chmod:
        copy["modeStr"] = step.chmod
    return {"Action": {"copy": copy}}

"""Steps and bases -> what is remembered of them: marks are digests, which give no value away."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from rootbuild.build.explain.records import BaseRecord, ContentRecord, StepRecord
from rootbuild.context.origin import Origin
from rootbuild.errors import unreachable
from rootbuild.graph.stages import ContextBase, ImageBase, ScratchBase, StageBase
from rootbuild.plan.keys import key
from rootbuild.plan.mounts.read import RunMount
from rootbuild.plan.mounts.secret import SecretMount
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import CopyStep, Reading, RunStep, StagePlan, Step, WorkdirStep

MARK_LENGTH = 16
_DATE = "SOURCE_DATE_EPOCH"


def step_record(
    plan: Plan, step: Step, result: str, contents: Sequence[str], build_args: Collection[str]
) -> StepRecord:
    """A step whose result has that key and whose readings have those digests."""
    values = {name: value for name, value in _values(step, build_args).items() if value}
    taken = zip(step.readings, contents, strict=True)
    return StepRecord(
        result,
        type(step).__name__,
        _mark(step.definition),
        {name: _mark(repr(value)) for name, value in values.items()},
        tuple(ContentRecord(_source(plan, reading), digest) for reading, digest in taken),
    )


def base_record(plan: Plan, stage: StagePlan, start: str) -> BaseRecord:
    """What a stage starts from; `start` is the key of that filesystem."""
    name, marks = "nothing", {"the platform": stage.platform}
    match stage.base:
        case ImageBase():
            image = plan.images[stage.base]
            name = f"image {image.name}"
            marks[name] = image.id
        case StageBase():
            name = f"stage {plan.stage(stage.base.index).name}"
            marks[name] = start
        case ScratchBase() | ContextBase():
            pass
        case _:
            unreachable(stage.base)
    return BaseRecord(start, name, marks)


def _values(step: Step, build_args: Collection[str]) -> Mapping[str, object]:
    """All that is in a step's definition, by the name that messages have for it."""
    match step:
        case RunStep():
            return _run(step, build_args)
        case CopyStep():
            return _copy(step)
        case WorkdirStep():
            return {"the folder": step.path, "the user": step.user, _DATE: step.created}
        case _:
            unreachable(step)


def _run(step: RunStep, build_args: Collection[str]) -> Mapping[str, object]:
    limits, security = step.limits, step.security
    return {
        "the command": step.argv,
        **{_variable(name, build_args): (name, value) for name, value in step.env},
        "the working directory": step.cwd,
        "the user": step.user,
        "the network": step.network,
        "the names of hosts": [name for name, _ in step.hosts],
        **{_mounted(mount): mount.definition for mount in step.mounts},
        "the script": step.script.content if step.script else None,
        "the name of the host": step.hostname,
        "a limit": limits.ulimits,
        "the size of /dev/shm": limits.shm_size,
        "the parent of its control group": limits.resources.cgroup_parent,
        "its security": security.insecure,
        "a device": step.devices,
    }


def _copy(step: CopyStep) -> Mapping[str, object]:
    return {
        "what it copies": [reading.marks for reading in step.readings],
        **{f"the text of {file.name}": file.content for file in step.inline},
        "the destination": step.destination,
        "the working directory": step.workdir,
        "--chown": step.chown,
        "--chmod": step.chmod,
        "--link": step.link,
        "--unpack": (step.unpack, step.unpack_remotes),
        _DATE: step.created,
    }


def _variable(name: str, build_args: Collection[str]) -> str:
    return f"build arg {name}" if name in build_args else f"variable {name}"


def _mounted(mount: RunMount) -> str:
    if isinstance(mount, SecretMount):
        return f"the mount of secret {mount.id}"
    return f"the mount at {mount.target}"


def _source(plan: Plan, reading: Reading) -> str:
    if reading.remote is not None:
        return f"what {reading.remote.shown} gives"
    match reading.source:
        case None:
            return ""
        case StageBase():
            return f"stage {plan.stage(reading.source.index).name}"
        case ImageBase():
            return f"image {plan.images[reading.source].name}"
        case ContextBase():
            return f"context {reading.source.name}"
        case _:
            unreachable(reading.source)


def _mark(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:MARK_LENGTH]


def project_mark(context: Origin, dockerfile: str) -> str:
    """What tells the builds of one project from those of others."""
    where = str(context.resolve()) if isinstance(context, Path) else repr(context)
    return key("project", where, dockerfile)

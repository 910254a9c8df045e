"""A stage and the config of its base -> a StagePlan."""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.backend import NetworkMode
from rootbuild.dockerfile.instructions import (
    Add,
    AnyInstruction,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from rootbuild.errors import RootbuildError, unreachable
from rootbuild.execution import NO_LIMITS, USUAL_SECURITY, Limits, Security
from rootbuild.graph.stages import ContextBase, Source, Stage, StageGraph
from rootbuild.image.config import ImageConfig, Pairs, on_platform, set_pair
from rootbuild.image.platform import Platform, build_platform
from rootbuild.plan import metadata
from rootbuild.plan.context import plan_context
from rootbuild.plan.copy import plan_copy
from rootbuild.plan.devices import read_device
from rootbuild.plan.mounts.read import read_mounts
from rootbuild.plan.mounts.secret import SecretMount
from rootbuild.plan.proxies import proxies
from rootbuild.plan.run import (
    run_argv,
    run_history,
    run_hostname,
    run_network,
    run_script,
    run_security,
    run_title,
)
from rootbuild.plan.shown import shown, shown_run
from rootbuild.plan.state import StageState
from rootbuild.plan.steps import RunStep, StagePlan, Step, WorkdirStep
from rootbuild.plan.words import Words
from rootbuild.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the command line adds to a Dockerfile.

    `platform` is the target's; the finished image says that it is for it if `platform_given`, else
    what its base says. `created` is SOURCE_DATE_EPOCH.
    """

    build_args: Mapping[str, str] = field(default_factory=dict)
    network: NetworkMode = "default"
    hosts: Pairs = ()
    labels: Pairs = ()
    platform: Platform = field(default_factory=build_platform)
    platform_given: bool = False
    allow: frozenset[str] = frozenset()
    limits: Limits = NO_LIMITS
    security: Security = USUAL_SECURITY
    created: int | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned stage, and the state that a stage which is based on it starts from."""

    plan: StagePlan
    state: StageState


def plan_stage(
    graph: StageGraph, stage: Stage, start: StageState, options: PlanOptions, platform: str
) -> Planned:
    """Plan one stage; `start` is the state that its base leaves, `platform` what that is for.

    Raises DockerfileError with the location of the instruction at fault.
    """
    state = start
    steps: list[Step] = []
    if isinstance(stage.base, ContextBase):
        state, first = plan_context(state, stage.base, stage.start.location)
        steps.append(first)
    for position, instruction in enumerate(stage.instructions):
        try:
            state, step = _apply(graph, state, instruction, stage.sources_of(position), options)
        except RootbuildError as error:
            error.locate(instruction.location, graph.dockerfile.source)
            raise
        if step is not None:
            steps.append(step)
    plan = StagePlan(
        index=stage.index,
        label=stage.name if len(graph.stages) > 1 else "",
        name=stage.name,
        location=stage.start.location,
        base=stage.base,
        platform=platform,
        steps=tuple(steps),
        config=_finished(state.config, options) if stage.index == graph.target else state.config,
    )
    return Planned(plan, state)


Applied = tuple[StageState, Step | None]
Running = Cmd | Entrypoint | Shell | StopSignal | Healthcheck | User
Describing = Env | Label | Expose | Volume | Maintainer


def _apply(
    graph: StageGraph,
    state: StageState,
    instruction: AnyInstruction,
    sources: tuple[Source, ...],
    options: PlanOptions,
) -> Applied:
    words = Words(state.lookup, graph.dockerfile.escape)
    match instruction:
        case Run():
            return _run(state, instruction, sources, words, options)
        case Copy() | Add():
            source = next(iter(sources), None)
            return plan_copy(state, instruction, source, words, options.created)
        case Workdir():
            return _workdir(state, instruction, words, options.created)
        case Arg():
            scope = dict(graph.global_args)
            return metadata.apply_arg(state, instruction, words, options.build_args, scope), None
        case Cmd() | Entrypoint() | Shell() | StopSignal() | Healthcheck() | User():
            return _apply_running(state, instruction, words), None
        case Env() | Label() | Expose() | Volume() | Maintainer():
            return _apply_describing(state, instruction, words), None
        case Onbuild():
            return metadata.apply_onbuild(state, instruction), None
        case From():
            raise AssertionError(f"no step of a stage: {instruction.text}")
        case _:
            unreachable(instruction)


def _apply_running(state: StageState, instruction: Running, words: Words) -> StageState:
    """Instructions that say how the image's process is run."""
    match instruction:
        case Cmd():
            return metadata.apply_cmd(state, instruction)
        case Entrypoint():
            return metadata.apply_entrypoint(state, instruction)
        case Shell():
            return metadata.apply_shell(state, instruction)
        case StopSignal():
            return metadata.apply_stopsignal(state, instruction, words)
        case Healthcheck():
            return metadata.apply_healthcheck(state, instruction)
        case User():
            return metadata.apply_user(state, instruction, words)
        case _:
            unreachable(instruction)


def _apply_describing(state: StageState, instruction: Describing, words: Words) -> StageState:
    """Instructions that say what the image holds and offers."""
    match instruction:
        case Env():
            return metadata.apply_env(state, instruction, words)
        case Label():
            return metadata.apply_label(state, instruction, words)
        case Expose():
            return metadata.apply_expose(state, instruction, words)
        case Volume():
            return metadata.apply_volume(state, instruction, words)
        case Maintainer():
            return metadata.apply_maintainer(state, instruction)
        case _:
            unreachable(instruction)


def _run(
    state: StageState, run: Run, sources: tuple[Source, ...], words: Words, options: PlanOptions
) -> Applied:
    argv = run_argv(state, run)
    declared = {pair.key for pair in state.args} | {key for key, _ in state.config.env}
    mounts = read_mounts(run.mounts, sources, words, state.workdir, options.build_args)
    secrets = [mount.env for mount in mounts if isinstance(mount, SecretMount) and mount.env]
    step = RunStep(
        location=run.location,
        title=shown_run(run_title(run), words, secrets),
        argv=argv,
        env=state.env,
        cwd=state.workdir,
        user=state.config.user,
        network=run_network(run, options.network, options.allow),
        hosts=options.hosts,
        proxies=proxies(options.build_args, declared),
        mounts=mounts,
        script=run_script(run),
        hostname=run_hostname(options.build_args),
        limits=options.limits,
        security=run_security(run, options.security, options.allow),
        devices=tuple(read_device(text) for text in run.devices),
    )
    return state.with_history(run_history(state, argv), layer=True), step


def _workdir(state: StageState, workdir: Workdir, words: Words, created: int | None) -> Applied:
    path = metadata.resolve_workdir(state.workdir, words.one(workdir.path))
    state = state.with_config(replace(state.config, working_dir=path))
    if path == "/":
        return state.with_history("WORKDIR /"), None
    title = shown(workdir.text, words)
    step = WorkdirStep(workdir.location, title, path, state.config.user, created)
    return state.with_history(f"WORKDIR {path}", layer=True), step


def _finished(config: ImageConfig, options: PlanOptions) -> ImageConfig:
    """The target's config with what the command line says about the image."""
    labels = config.labels
    for key, value in options.labels:
        labels = set_pair(labels, key, value)
    config = replace(config, labels=labels)
    return on_platform(config, options.platform) if options.platform_given else config

"""What a build was asked for and made of, as its provenance tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rootbuild.attest.invocation import Invocation, Need
from rootbuild.build.options import BuildOptions
from rootbuild.build.provenance.llb import steps_of
from rootbuild.build.provenance.materials import Sources, fetched, materials
from rootbuild.image.platform import build_platform
from rootbuild.plan.mounts.secret import SecretMount
from rootbuild.plan.mounts.ssh import SshMount
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import RunStep
from rootbuild.records import dataclass
from rootbuild.remote.sources import GitSource, HttpSource

# Their values may hold credentials, and they change nothing of what is built.
_PROXIES = frozenset(f"{name}_proxy" for name in ("http", "https", "ftp", "no", "all"))


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a build ran: an id that is its own, and dates as `2026-01-31T12:00:00Z`."""

    id: str
    started: str
    finished: str


def told(
    plan: Plan,
    options: BuildOptions,
    dockerfile: tuple[str, bytes],
    sources: Sources,
    occasion: Occasion,
) -> Invocation:
    """The build of a plan. `dockerfile` is its name and content."""
    name, data = dockerfile
    context = options.context if isinstance(options.context, HttpSource | GitSource) else None
    runs = [step for stage in plan.stages for step in stage.steps if isinstance(step, RunStep)]
    return Invocation(
        id=occasion.id,
        path=name,
        platform=str(build_platform()),
        started=occasion.started,
        finished=occasion.finished,
        source=None if context is None else fetched(context, sources),
        args=dict(_args(options)),
        secrets=_needs(runs, SecretMount),
        agents=_needs(runs, SshMount),
        locals=_locals(plan, remote=context is not None),
        materials=tuple(materials(plan, sources, context)),
        hermetic=all(step.network == "none" for step in runs),
        dockerfile=data,
        steps=steps_of(plan),
    )


def _args(options: BuildOptions) -> Iterator[tuple[str, str]]:
    """What the build was asked for, by the names that BuildKit has for it."""
    for name, value in options.build_args.items():
        if name.lower() not in _PROXIES:
            yield f"build-arg:{name}", value
    for name, value in options.labels:
        yield f"label:{name}", value
    if options.target is not None:
        yield "target", options.target
    if options.no_cache:
        yield "no-cache", ""
    elif options.no_cache_stages:
        yield "no-cache", ",".join(options.no_cache_stages)
    if options.network != "default":
        yield "force-network-mode", options.network


def _needs(runs: Sequence[RunStep], kind: type[SecretMount | SshMount]) -> tuple[Need, ...]:
    """What is mounted of a kind; it is optional if no step requires it."""
    required: dict[str, bool] = {}
    for run in runs:
        for mount in run.mounts:
            if isinstance(mount, SecretMount | SshMount) and isinstance(mount, kind):
                required[mount.id] = mount.required or required.get(mount.id, False)
    return tuple(Need(name, optional=not needed) for name, needed in required.items())


def _locals(plan: Plan, *, remote: bool) -> tuple[str, ...]:
    if remote:
        return ()
    readings = [
        reading for stage in plan.stages for step in stage.steps for reading in step.readings
    ]
    used = any(reading.source is None and reading.remote is None for reading in readings)
    return (*(("context",) if used else ()), "dockerfile")

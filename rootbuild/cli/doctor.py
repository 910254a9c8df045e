"""`rootbuild doctor`: try, look, judge, mend, tell."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from functools import partial

from rootbuild import process
from rootbuild.backend import Backend, Runtime, load_backends
from rootbuild.build.trial import try_step
from rootbuild.cli.advice import advise, settings
from rootbuild.cli.build import unwind_once
from rootbuild.cli.doctor_text import report
from rootbuild.cli.parse import Parsed
from rootbuild.errors import EngineError, Interrupted, RootbuildError
from rootbuild.facts import account, store, surroundings
from rootbuild.host import attempt
from rootbuild.host.diagnosis import Diagnosis, diagnose
from rootbuild.host.folders import state_folder
from rootbuild.host.mend import mend
from rootbuild.host.patient import gather
from rootbuild.host.scratch import scratch_store
from rootbuild.host.settings import Settings
from rootbuild.host.trial import NOT_MADE, Trials
from rootbuild.records import replace
from rootbuild.runtime.trial import end_pause, remove_leftovers, try_container
from rootbuild.runtimes import load_runtimes

_VERSION = 1
_HARMLESS = "true"
_PROGRAMS = (
    *("buildah", "podman", "conmon", "crun", "runc", "netavark", "aardvark-dns"),
    *("slirp4netns", "pasta", "fuse-overlayfs"),
)


def run(parsed: Parsed) -> int:
    """Examine this host; gives 1 when something essential is broken, else 0."""
    orders = settings(parsed)
    found = examine(orders)
    changes: list[str] = []
    if parsed.switch("fix"):
        changes = list(mend(found.findings, _end_pause))
        found = examine(orders) if changes else found
    if parsed.switch("json"):
        sys.stdout.write(as_json(found, changes))
    else:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        colour = colour and os.environ.get("TERM") != "dumb"
        fixing = parsed.switch("fix")
        verbose = parsed.switch("verbose")
        sys.stdout.write(report(found, changes, colour=colour, verbose=verbose, fixing=fixing))
    return 0 if found.healthy else 1


def examine(orders: Settings) -> Diagnosis:
    """Try everything, look at everything, and judge."""
    return diagnose(gather(_try_all(orders)))


def as_json(found: Diagnosis, changes: list[str]) -> str:
    """The documented form, for programs (docs/doctor.md)."""
    findings = [
        {
            "id": finding.id,
            "subject": finding.subject,
            "level": finding.level,
            "tried": finding.tried,
            "happened": finding.happened,
            "builds": finding.builds,
            "runs": finding.runs,
            "mend": list(finding.mend),
            "fixable": finding.fix is not None,
        }
        for finding in found.findings
    ]
    works = {name: getattr(found.works, name) for name in type(found.works).__slots__}
    content = {
        "version": _VERSION,
        "healthy": found.healthy,
        "works": works,
        "findings": findings,
        "changed": changes,
    }
    return json.dumps(content, indent=2) + "\n"


def _try_all(orders: Settings) -> Trials:
    backend, runtime = _usable_backend(orders), _usable_runtime()
    trials = Trials(
        engine=backend.name if backend else "",
        runner=runtime.name if runtime else "",
        unshare=attempt.unshare() if process.find("unshare") else NOT_MADE,
        versions={name: version for name in _PROGRAMS if (version := attempt.version(name))},
    )
    if backend is None:
        return _with_containers(trials, runtime, orders)
    try:
        inside = partial(process.ask, backend.enter)
        with scratch_store(store.look(account.look()), inside):
            answer = inside(lambda: json.dumps(_work(backend, orders)).encode())
            trials = replace(trials, namespace="", **json.loads(answer))
            return _with_containers(trials, runtime, orders)
    except Interrupted:
        raise
    except RootbuildError as error:
        return replace(trials, namespace=attempt.last_line(error))


def _with_containers(trials: Trials, runtime: Runtime | None, orders: Settings) -> Trials:
    program = process.find(_HARMLESS)
    if runtime is None or program is None:
        return trials
    advise(runtime, orders)
    with suppress(EngineError):  # then the trial fails as well, and says why
        remove_leftovers(runtime)
    alone = try_container(runtime, program, "--network=none")
    networked = try_container(runtime, program) if not alone else NOT_MADE
    return replace(trials, container=alone, networked=networked)


def _work(backend: Backend, orders: Settings) -> dict[str, object]:
    unwind_once()
    near, rootless = store.look(account.look()).folder, not account.look().root
    advise(backend, orders, fresh=True)
    step, ways = _step(backend), attempt.ways(backend)
    for mode in ways.get("isolation", {}):
        advise(backend, orders.over("isolation", mode))
        ways["isolation"][mode] = _step(backend, keep=False)
    return {
        "ids": surroundings.look().ids,
        "overlay": attempt.overlay(near, rootless=rootless),
        "fuse_overlayfs": attempt.fuse_overlayfs(near),
        "ways": ways,
        "step": step,
    }


def _step(backend: Backend, *, keep: bool = True) -> str:
    program = process.find(_HARMLESS)
    if program is None:
        return f"there is no program {_HARMLESS!r} to try it with"
    return try_step(backend, state_folder() / "builds", program, keep=keep)


def _usable_backend(orders: Settings) -> Backend | None:
    wanted = orders.value("engine")
    found = load_backends()
    chosen = [found[name] for name in sorted(found) if wanted in ("", name)]
    return next((backend for backend in chosen if backend.check() is None), None)


def _usable_runtime() -> Runtime | None:
    found = load_runtimes()
    return next((found[name] for name in sorted(found) if found[name].check() is None), None)


def _end_pause() -> str:
    runtime = _usable_runtime()
    return "there is no podman" if runtime is None else end_pause(runtime)

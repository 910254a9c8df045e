"""Why engines fail here, by looking at the state of the host rather than at their words.

Each look reads a file or two and starts nothing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Problem
from rootbuild.errors import EngineError, RuntimeRefusedError
from rootbuild.facts import (
    account,
    cgroups,
    devices,
    disk,
    ids,
    kernel,
    pause,
    runtimedir,
    store,
)

# Ids that say no more than that a program failed.
_UNEXPLAINED = frozenset({"engine", "runtime-failed", "namespace"})
_RUNNERS = ("podman",)
_SEE = "rootbuild doctor looks into this host as a whole"


def first_free_port() -> int:
    """The first port that we may listen on; 0 for root."""
    return 0 if os.geteuid() == 0 else kernel.look().first_port


def obstacles(network: bool = True) -> tuple[Problem, ...]:
    """Everything known that keeps containers from starting here."""
    tun = [] if not network or account.look().root else [devices.problem(devices.look(devices.TUN))]
    found = (*_common(), *_of_containers(), *tun)
    return tuple(problem for problem in found if problem is not None)


def hindrance() -> RuntimeRefusedError | None:
    """What keeps an engine from doing anything here, as an error; None if nothing can be seen."""
    found = [problem for problem in (*_common(), *_of_containers()) if problem is not None]
    if not found:
        return None
    return RuntimeRefusedError(
        "; ".join(problem.message for problem in found),
        id=found[0].id,
        hint="\n".join(problem.hint for problem in found),
    )


def explain(error: EngineError) -> None:
    """Add to an engine's failure what is wrong with this host, if that can be seen."""
    if error.id not in _UNEXPLAINED:
        return
    program = Path(error.command.split(" ", 1)[0]).name
    more = _of_containers() if program in _RUNNERS else _of_builds(program)
    found = (*_common(), *more)
    problems = [problem for problem in found if problem is not None]
    if problems:
        error.id = problems[0].id
    lines = [line for problem in problems for line in (problem.message, problem.hint)]
    error.advise("\n".join(line for line in (*lines, "" if problems else _SEE) if line))


def no_runtime(find: Callable[[str], str | None] = process.find) -> Problem | None:
    """Whether no OCI runtime can start anything here. Builds do without one."""
    installed = [name for name in ("crun", "runc") if find(name)]
    if not installed:
        return Problem(
            "neither crun nor runc is installed", "sudo apt-get install crun", id="no-oci-runtime"
        )
    if installed == ["crun"] and cgroups.look().refused_by_crun:
        return Problem(
            "crun refuses to work with cgroups of version 1 and 2 side by side, as they are here",
            "sudo apt-get install runc",
            id="crun-refuses-cgroups",
        )
    return None


def refused(runtime: str) -> Problem | None:
    """Whether an OCI runtime that somebody ordered refuses to work on this host."""
    if runtime != "crun" or not cgroups.look().refused_by_crun:
        return None
    return Problem(
        "crun refuses to work with cgroups of version 1 and 2 side by side, as they are here",
        "leave the choice to rootbuild, or order runc (ROOTBUILD_RUNTIME, config.toml)",
        id="crun-refuses-cgroups",
    )


def _common() -> Iterator[Problem | None]:
    """What hinders builds and containers alike."""
    user = account.look()
    if not user.root and not user.inside:
        # From inside, files of the host's root seem to be nobody's; but then it has worked.
        yield ids.problem(ids.look(user.uid))
        yield kernel.problem(kernel.look())
    if not user.root:
        yield runtimedir.problem(runtimedir.look(user))
    found = store.look(user)
    yield store.problem(found)
    yield no_space(found)


def no_space(found: store.Store) -> Problem | None:
    """Whether a filesystem that engines write to has no room left."""
    full = disk.full((found.folder, Path(tempfile.gettempdir())))
    if full is None:
        return None
    return Problem(
        "a disk is full", f"make room on the filesystem that holds {full}", id="no-space"
    )


def _of_builds(program: str) -> Iterator[Problem | None]:
    if program == "buildah":  # others make up what is missing
        yield store.incomplete(store.look(account.look()))


def _of_containers() -> Iterator[Problem | None]:
    yield no_runtime()
    user = account.look()
    if not user.root:
        yield pause.problem(pause.look(runtimedir.look(user)), ids.look(user.uid))

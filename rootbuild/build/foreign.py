"""RUN in stages of another platform: needs an emulator, which is asked for before all else."""

from __future__ import annotations

from collections.abc import Callable

from rootbuild.build.solver import Solver
from rootbuild.errors import HostError
from rootbuild.image.platform import build_platform
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import RunStep, StagePlan


def check_platforms(plan: Plan, solver: Solver, source: str, runs: Callable[[str], bool]) -> None:
    """Raise HostError at the first RUN whose programs this host cannot run.

    Steps whose results are known need not be run. `runs` tells about an architecture other than
    this host's, and is asked once for each.
    """
    known = {build_platform().architecture: True}
    for stage in plan.stages:
        architecture = stage.platform.split("/")[1]
        step = _first_run(stage)
        if known.get(architecture) or step is None or solver.has_run(stage):
            continue
        if architecture not in known:
            known[architecture] = runs(architecture)
        if not known[architecture]:
            error = HostError(
                f"this host cannot run programs for {stage.platform}, as stage {stage.name} does",
                hint="register an emulator, on Debian and Ubuntu with: "
                "sudo apt-get install qemu-user-static binfmt-support",
                id="no-emulator",
            )
            error.locate(step.location, source)
            raise error


def _first_run(stage: StagePlan) -> RunStep | None:
    return next((step for step in stage.steps if isinstance(step, RunStep)), None)

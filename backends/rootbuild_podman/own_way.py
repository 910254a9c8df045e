"""podman's own way to run a step: through the OCI runtime that it is configured with.

For hosts where that is none of the usual ones, or is somewhere else.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import IO

from rootbuild import process
from rootbuild.choices import Way
from rootbuild_oci import argv as runtimes
from rootbuild_oci import steps
from rootbuild_oci.engine import OwnWays
from rootbuild_oci.step import NeverStartedError, Step
from rootbuild_podman import argv, host

PODMAN = "podman"
LAST = PODMAN
ANY_ROOT = True
MOUNT_POINTS: tuple[str, ...] = steps.MOUNT_POINTS


def ways() -> tuple[Way, ...]:
    """The only one."""
    return (Way(PODMAN, _attempt),)


def forget(folder: Path) -> None:
    """Remove the container of a step from that runtime."""
    runtime = configured()
    if runtime and steps.runtime_root(runtime).joinpath(folder.name).exists():
        root = steps.runtime_root(runtime)
        process.call(runtimes.runtime_delete(runtime, root, folder.name), check=False)


def run(way: str, folder: Path, step: Step, output: IO[bytes]) -> int:
    """Run a step through it."""
    runtime = configured()
    if not runtime:
        finished = process.Finished((argv.PODMAN,), 1)
        raise NeverStartedError(finished, "podman has no OCI runtime here")
    return steps.run_bundle(runtime, folder, step, output)


@cache
def configured() -> str:
    """The path of podman's OCI runtime; "" if it has none that is there."""
    finished = process.call((argv.PODMAN, *host.options(), *argv.info()[1:]), check=False)
    if finished.status != 0:
        return ""
    found = json.loads(finished.stdout)["host"]["ociRuntime"]
    return str(found.get("path") or "")


def _attempt() -> str:
    from rootbuild_oci import attempts  # once per host

    return attempts.own_way(PODMAN, _ours())


def _ours() -> OwnWays:
    from rootbuild_podman import own_way

    return own_way

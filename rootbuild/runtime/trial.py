"""Containers with nothing at stake, to see whether they start here."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

from rootbuild.backend import Runtime
from rootbuild.errors import Interrupted
from rootbuild.facts import programs
from rootbuild.host.scratch import scratch_folder
from rootbuild.runtime.calls import ask

_NAME = "rootbuild-probe-"
# Ctrl-C goes to the engine as well, which ends by it; so for what we hand on.
_STOPPED = tuple(128 + number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


def try_container(runtime: Runtime, program: str, *options: str) -> str:
    """Run a program of the host's in a container of an empty root; "" or what went wrong."""
    folders = programs.look()
    volumes = (f"--volume={folder}:{folder}:ro" for folder in folders.mounts)
    name = f"--name={_NAME}{os.getpid()}"
    with scratch_folder(Path(tempfile.gettempdir())) as rootfs:
        for link, target in folders.links:
            (rootfs / link).symlink_to(target)
        runtime.prepare()
        words = ("run", "--rm", name, *options, *volumes, "--rootfs", str(rootfs), program)
        outcome = ask(runtime, words)
    if outcome.status == 0:
        return ""
    ask(runtime, ("rm", "--force", f"{_NAME}{os.getpid()}"))
    if outcome.status in _STOPPED:
        raise Interrupted("stopped by a signal", exit_code=outcome.status)
    # A helper's own lines come as one, with its line ends escaped: the first says what it was.
    text = outcome.said.decode("utf-8", "replace").replace("\\n", "\n").replace('\\"', '"')
    lines = [line.removeprefix("Error: ") for line in text.splitlines() if "Error: " in line]
    return lines[-1] if lines else f"exited with {outcome.status}: {text.strip()}"


def remove_leftovers(runtime: Runtime) -> None:
    """Remove containers of trials that were killed."""
    names = [name for one in runtime.containers() for name in one.names if name.startswith(_NAME)]
    left = [name for name in names if not Path("/proc", name.removeprefix(_NAME)).exists()]
    if left:
        ask(runtime, ("rm", "--force", *left))


def end_pause(runtime: Runtime) -> str:
    """End the engine's pause process, which would end all containers too; says how that went."""
    running = [one for one in runtime.containers() if one.status == "running"]
    if running:
        return f"left podman's pause process alone: {len(running)} containers run"
    outcome = ask(runtime, ("system", "migrate"))
    return "ended podman's pause process" if outcome.status == 0 else "podman system migrate failed"

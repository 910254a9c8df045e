"""Containers with nothing at stake, to see whether they start here."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rootbuild.backend import Runtime
from rootbuild.facts import programs
from rootbuild.runtime.calls import ask


def try_container(runtime: Runtime, program: str, *options: str) -> str:
    """Run a program of the host's in a container of an empty root; "" or what went wrong."""
    folders = programs.look()
    volumes = (f"--volume={folder}:{folder}:ro" for folder in folders.mounts)
    with tempfile.TemporaryDirectory(prefix="rootbuild-probe-") as name:
        for link, target in folders.links:
            Path(name, link).symlink_to(target)
        runtime.prepare()
        outcome = ask(runtime, ("run", "--rm", *options, *volumes, "--rootfs", name, program))
    if outcome.status == 0:
        return ""
    # A helper's own lines come as one, with its line ends escaped: the first says what it was.
    text = outcome.said.decode("utf-8", "replace").replace("\\n", "\n").replace('\\"', '"')
    lines = [line.removeprefix("Error: ") for line in text.splitlines() if "Error: " in line]
    return lines[-1] if lines else f"exited with {outcome.status}: {text.strip()}"


def end_pause(runtime: Runtime) -> str:
    """End the engine's pause process, which would end all containers too; says how that went."""
    running = [one for one in runtime.containers() if one.status == "running"]
    if running:
        return f"left podman's pause process alone: {len(running)} containers run"
    outcome = ask(runtime, ("system", "migrate"))
    return "ended podman's pause process" if outcome.status == 0 else "podman system migrate failed"

"""What no builder on the engine's store can do without: the measure where nothing can be won."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scripts.bench.measure import run
from scripts.bench.scenarios import BASE, Scenario
from scripts.bench.tools import Tool

# Started in `buildah unshare`: copies $1 into a container of the base image and commits that.
_COPY = r"""
set -eu
into=$(buildah mount "$2")
cp -a "$1" "$into/content"
buildah commit --quiet --format docker --disable-compression "$2" >/dev/null
"""
_FROM_IMAGE = r"""
set -eu
tree=$(buildah mount "$3")
exec sh -c "$1" copy "$tree/." "$2"
"""


def floor(scenario: Scenario, tool: Tool, context: Path) -> float:
    """Seconds of the floor of a scenario that has one, on the store of `tool`."""
    if scenario.floor == "the command alone":
        return run(("sh", "-c", scenario.command), tool.env, cwd=context)[0]
    container = _buildah(tool, "from", "--pull-never", BASE)
    made = [container]
    script = [_COPY, "copy", str(context / scenario.content), container]
    if scenario.content in scenario.images:
        made.append(_buildah(tool, "from", "--pull-never", scenario.content))
        script = [_FROM_IMAGE, "copy", _COPY, *made]
    seconds, _ = run(("buildah", "unshare", "sh", "-c", *script), tool.env)
    _buildah(tool, "rm", *made)
    tool.forget()
    return seconds


def _buildah(tool: Tool, *arguments: str) -> str:
    done = subprocess.run(
        ("buildah", *arguments), env=tool.env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"buildah {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout.strip()

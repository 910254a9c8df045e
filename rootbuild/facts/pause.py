"""The process that podman keeps for a user's namespaces: it may be older than a change of these."""

from __future__ import annotations

from pathlib import Path

from rootbuild.backend import Problem
from rootbuild.facts.ids import Ids
from rootbuild.facts.runtimedir import RuntimeDir
from rootbuild.records import dataclass

_PID_FILE = "libpod/tmp/pause.pid"
_CGROUP = "/sys/fs/cgroup"


@dataclass(frozen=True, slots=True)
class Pause:
    """`pid` is 0 if there is none. `ids` is how many its namespace has, `cgroup` the file system
    that it sees at /sys/fs/cgroup, `ours` the one that we see; "" where that is unknown.
    """

    pid: int = 0
    ids: int = 0
    cgroup: str = ""
    ours: str = ""


def look(runtime_dir: RuntimeDir, root: Path = Path("/")) -> Pause:
    """The process that podman would join."""
    try:
        pid = int(Path(runtime_dir.used, _PID_FILE).read_text())
        mapped = (root / f"proc/{pid}/uid_map").read_text().splitlines()
    except (OSError, ValueError):
        return Pause()
    ids = sum(int(line.split()[2]) for line in mapped)
    return Pause(
        pid, ids, _kind(root / f"proc/{pid}/mountinfo"), _kind(root / "proc/self/mountinfo")
    )


def problem(pause: Pause, ids: Ids) -> Problem | None:
    """What has changed since it was started, so that containers behave as before the change."""
    if not pause.pid:
        return None
    if pause.ids == 1 and ids.fewest > 1:
        what = f"its namespace has one id, though {ids.user} has {ids.fewest} by now"
    elif pause.cgroup and pause.ours and pause.cgroup != pause.ours:
        what = f"it sees {pause.cgroup} at {_CGROUP}, where {pause.ours} is mounted now"
    else:
        return None
    return Problem(
        f"podman's pause process ({pause.pid}) is older than a change of this host: {what}",
        "podman system migrate  # this stops all containers that run",
        id="stale-pause-process",
    )


def _kind(mountinfo: Path) -> str:
    """The type of the file system that is mounted last at /sys/fs/cgroup."""
    try:
        lines = mountinfo.read_text().splitlines()
    except OSError:
        return ""
    found = ""
    for line in lines:
        fields = line.split()
        if fields[4] == _CGROUP:
            found = fields[fields.index("-") + 1]
    return found

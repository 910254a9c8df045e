"""What surrounds us: a container, a security module."""

from __future__ import annotations

import os
from pathlib import Path

from rootbuild.records import dataclass

# The kernel shows all ids of the host's own user namespace as one range.
ALL_IDS = 2**32 - 1
_MODES = {"1": "enforcing", "0": "permissive"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`container` names what we run in, "" for the host itself; `ids` are those of our namespace.

    `selinux` is "enforcing", "permissive" or ""; `seccomp` tells whether system calls are filtered.
    """

    container: str = ""
    ids: int = ALL_IDS
    selinux: str = ""
    seccomp: bool = False


def look(root: Path = Path("/")) -> Surroundings:
    """What the files say."""
    return Surroundings(
        container=_container(root),
        ids=_ids(root),
        selinux=_MODES.get(_text(root / "sys/fs/selinux/enforce"), ""),
        seccomp="\nSeccomp:\t2" in _text(root / "proc/self/status"),
    )


def _container(root: Path) -> str:
    """By the marks that engines leave, or that systemd and LXC put into the first process."""
    if os.path.exists(root / "run/.containerenv"):
        return "podman"
    if os.path.exists(root / ".dockerenv"):
        return "docker"
    if "KUBERNETES_SERVICE_HOST=" in _text(root / "proc/self/environ"):
        return "kubernetes"
    return _text(root / "run/systemd/container")


def _ids(root: Path) -> int:
    rows = (line.split() for line in _text(root / "proc/self/uid_map").splitlines())
    return sum(int(row[2]) for row in rows if len(row) == 3) or ALL_IDS


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""

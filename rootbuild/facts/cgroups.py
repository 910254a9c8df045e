"""How control groups are mounted, and which of them are ours."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from rootbuild.records import dataclass

Layout = Literal["v2", "hybrid", "v1", "none"]
_MOUNT = Path("sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Cgroups:
    """`controllers` are those of the version 2 hierarchy, `delegated` those that we may set."""

    layout: Layout
    controllers: tuple[str, ...] = ()
    delegated: tuple[str, ...] = ()

    @property
    def refused_by_crun(self) -> bool:
        """Whether crun starts nothing here: version 1, with controllers in version 2 as well."""
        return self.layout == "hybrid" and bool(self.controllers)


def look(root: Path = Path("/")) -> Cgroups:
    """The layout at /sys/fs/cgroup, and our own place in it."""
    mount = root / _MOUNT
    if (mount / "cgroup.controllers").exists():
        return Cgroups("v2", _words(mount / "cgroup.controllers"), _delegated(root))
    if (mount / "unified").is_dir():
        return Cgroups("hybrid", _words(mount / "unified/cgroup.controllers"))
    return Cgroups("v1" if _entries(mount) else "none")


def _delegated(root: Path) -> tuple[str, ...]:
    """The controllers of our own group, if we may make groups below it and move into them."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return ()
    own = next((line[3:] for line in lines if line.startswith("0::")), None)
    if own is None:
        return ()
    folder = root / _MOUNT / own.lstrip("/")
    ours = all(os.access(path, os.W_OK) for path in (folder, folder / "cgroup.procs"))
    return _words(folder / "cgroup.controllers") if ours else ()


def _words(path: Path) -> tuple[str, ...]:
    try:
        return tuple(path.read_text().split())
    except OSError:
        return ()


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []

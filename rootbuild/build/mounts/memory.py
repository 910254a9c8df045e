"""A folder in memory: what is put there never reaches a disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from rootbuild.errors import HostError

KINDS = ("tmpfs", "ramfs")


def memory_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this user may keep secrets: below XDG_RUNTIME_DIR, or else below /dev/shm.

    Raises HostError where neither is in memory.
    """
    runtime, uid = environment.get("XDG_RUNTIME_DIR"), os.geteuid()
    if runtime and _usable(runtime):
        return Path(runtime, "rootbuild", "memory")
    shared = "/dev/shm"  # noqa: S108 - the folder in it is checked to be ours alone
    if _usable(shared):
        return _ours(Path(shared, f"rootbuild-{environment.get('_CONTAINERS_ROOTLESS_UID', uid)}"))
    raise HostError(
        "there is no folder in memory to keep secrets in",
        id="no-memory-folder",
        hint="set XDG_RUNTIME_DIR to a folder on a tmpfs, or mount one at /dev/shm",
    )


def _usable(folder: str) -> bool:
    return os.access(folder, os.W_OK | os.X_OK) and _kind(os.path.realpath(folder)) in KINDS


def _kind(path: str) -> str:
    """The type of the filesystem that a path is on, by this process's list of mounts."""
    best, kind = "", ""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        point = before.split()[4]
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind


def _ours(folder: Path) -> Path:
    """In a folder that everybody may write to, a name may have been taken by somebody else."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise HostError(
            f"{folder} belongs to somebody else",
            id="no-memory-folder",
            hint="set XDG_RUNTIME_DIR to a folder of your own on a tmpfs",
        )
    return folder

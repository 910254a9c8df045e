"""What podman needs to be told on hosts where its own defaults do not work."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from rootbuild import process

HYBRID_CONTROLLERS = Path("/sys/fs/cgroup/unified/cgroup.controllers")
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def options(controllers: Path = HYBRID_CONTROLLERS) -> tuple[str, ...]:
    """Global options for every call."""
    if refused_by_crun(controllers) and process.find("runc") is not None:
        return ("--runtime", "runc")
    return ()


def refused_by_crun(controllers: Path = HYBRID_CONTROLLERS) -> bool:
    """Whether crun starts nothing here: cgroups v1 with a v2 hierarchy that has controllers."""
    try:
        return bool(controllers.read_text().strip())
    except OSError:
        return False


def environment() -> Mapping[str, str]:
    """PATH with the folders of iptables and the like, and a runtime folder that is ours."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = {"PATH": os.pathsep.join([*path, *(folder for folder in _SBIN if folder not in path)])}
    if os.getuid() != 0:
        found["XDG_RUNTIME_DIR"] = str(runtime_dir())
    return found


def runtime_dir() -> Path:
    """A folder of our own for sockets and locks: podman's own choice, in podman's own order."""
    given = os.environ.get("XDG_RUNTIME_DIR")
    for folder in (given, f"/run/user/{os.getuid()}"):
        if folder and _is_ours(Path(folder)):
            return Path(folder)
    import tempfile

    made = Path(tempfile.gettempdir()) / f"podman-run-{os.getuid()}"
    made.mkdir(mode=0o700, exist_ok=True)
    # Somebody else may have made it first: then it may not be used.
    return made if _is_ours(made) else Path(tempfile.mkdtemp(prefix="rootbuild-run-"))


def _is_ours(folder: Path) -> bool:
    """Whether it is a real folder, of this user, that nobody else can write to."""
    try:
        state = folder.lstat()
    except OSError:
        return False
    mine = stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid()
    return mine and not state.st_mode & 0o022

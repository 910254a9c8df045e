"""Whether this host can build at all, found out by looking only."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Problem
from rootbuild_buildah import namespace

FEWEST_IDS = 65536
POLICY_FILES = ("/etc/containers/policy.json", "/usr/share/containers/policy.json")


def check(root: Path = Path("/")) -> Problem | None:
    """The first reason why buildah cannot work here. `root` is where the host's files are."""
    return _buildah() or (None if namespace.privileged() else rootless(root))


def rootless(
    root: Path, uid: int | None = None, find: Callable[[str], object] = process.find
) -> Problem | None:
    """The first reason why an ordinary user has no user namespaces with ids of his own here."""
    uid = os.getuid() if uid is None else uid
    return _mapping_programs(find) or _ranges(root, uid) or _kernel(root)


def _buildah() -> Problem | None:
    if process.find("buildah"):
        return None
    return Problem(
        "buildah is not installed",
        "install it, on Debian and Ubuntu with: sudo apt-get install buildah",
        id="buildah-missing",
    )


def _mapping_programs(find: Callable[[str], object]) -> Problem | None:
    missing = [program for program in ("newuidmap", "newgidmap") if not find(program)]
    if not missing:
        return None
    return Problem(
        f"{' and '.join(missing)} not found: an ordinary user cannot use more than one user id",
        "install them, on Debian and Ubuntu with: sudo apt-get install uidmap",
        id="uidmap-missing",
    )


def _ranges(root: Path, uid: int) -> Problem | None:
    if _elsewhere(root):
        return None
    name = _name(uid)
    missing = [
        f"/etc/{file}"
        for file in ("subuid", "subgid")
        if ids(root / "etc" / file, name, uid) < FEWEST_IDS
    ]
    if not missing:
        return None
    return Problem(
        f"user {name} has no range of {FEWEST_IDS} ids in {' and '.join(missing)}",
        f"sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {name}"
        " (take another range if that is somebody else's)",
        id="no-subids",
    )


def ids(path: Path, name: str, uid: int) -> int:
    """How many ids a user has by a file like /etc/subuid."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return 0
    total = 0
    for line in lines:
        owner, _, rest = line.strip().partition(":")
        count = rest.rpartition(":")[2]
        if owner in (name, str(uid)) and count.isdigit():
            total += int(count)
    return total


def _elsewhere(root: Path) -> bool:
    """Whether the ranges come from a directory service instead of the files."""
    try:
        text = (root / "etc/nsswitch.conf").read_text()
    except FileNotFoundError:
        return False
    sources = [line.split()[1:] for line in text.splitlines() if line.startswith("subid:")]
    return any(source != "files" for found in sources for source in found)


def _kernel(root: Path) -> Problem | None:
    settings = (
        ("kernel/unprivileged_userns_clone", "1"),
        ("user/max_user_namespaces", "28633"),
    )
    for setting, good in settings:
        if _value(root / "proc/sys" / setting) == "0":
            key = setting.replace("/", ".")
            return Problem(
                f"this kernel does not let an ordinary user make user namespaces ({key} = 0)",
                f"sudo sysctl -w {key}={good}",
                id="no-user-namespaces",
            )
    return None


def _value(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

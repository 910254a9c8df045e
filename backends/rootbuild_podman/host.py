"""What podman needs to be told on hosts where its own defaults do not work.

On a usual host nothing has to be found out, so nothing that does that is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rootbuild import process
from rootbuild.facts.ownership import is_ours

if TYPE_CHECKING:  # see above
    from pathlib import Path

    from rootbuild.facts.cgroups import Cgroups

_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_UNIFIED = "/sys/fs/cgroup/cgroup.controllers"


def remote() -> bool:
    """Whether podman hands everything to a service elsewhere, as its environment says."""
    return bool(os.environ.get("CONTAINER_HOST") or os.environ.get("CONTAINER_CONNECTION"))


def options(runtime: str = "", found: Cgroups | None = None) -> tuple[str, ...]:
    """Global options for every call: the OCI runtime that is wanted, or that works here.

    A service has chosen one for itself.
    """
    if remote():
        return ()
    if runtime:
        return ("--runtime", runtime)
    if found is None and os.path.exists(_UNIFIED):
        return ()
    from rootbuild.facts import cgroups

    found = cgroups.look() if found is None else found
    if found.refused_by_crun and process.find("runc") is not None:
        return ("--runtime", "runc")
    return ()


def environment() -> Mapping[str, str]:
    """PATH with the folders of iptables and the like, and a runtime folder that is ours."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = {"PATH": os.pathsep.join([*path, *(folder for folder in _SBIN if folder not in path)])}
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.getuid() != 0 and not (given and is_ours(given)):
        found["XDG_RUNTIME_DIR"] = str(runtime_dir())
    return found


def runtime_dir() -> Path:
    """A folder of our own for sockets and locks: podman's own choice, in podman's own order."""
    from pathlib import Path

    from rootbuild.facts import account, runtimedir

    found = runtimedir.look(account.look())
    folder = Path(found.used)
    if found.good:
        return folder
    folder.mkdir(mode=0o700, exist_ok=True)
    # Somebody else may have made it first: then it may not be used.
    if runtimedir.is_ours(folder):
        return folder
    import tempfile

    return Path(tempfile.mkdtemp(prefix="rootbuild-run-"))

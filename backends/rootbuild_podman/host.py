"""What podman needs to be told on hosts where its own defaults do not work."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from rootbuild import process
from rootbuild.facts import account, cgroups, runtimedir
from rootbuild.facts.cgroups import Cgroups

_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def options(runtime: str = "", found: Cgroups | None = None) -> tuple[str, ...]:
    """Global options for every call: the OCI runtime that is wanted, or that works here."""
    if runtime:
        return ("--runtime", runtime)
    found = cgroups.look() if found is None else found
    if found.refused_by_crun and process.find("runc") is not None:
        return ("--runtime", "runc")
    return ()


def environment() -> Mapping[str, str]:
    """PATH with the folders of iptables and the like, and a runtime folder that is ours."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = {"PATH": os.pathsep.join([*path, *(folder for folder in _SBIN if folder not in path)])}
    if os.getuid() != 0:
        found["XDG_RUNTIME_DIR"] = str(runtime_dir())
    return found


def runtime_dir() -> Path:
    """A folder of our own for sockets and locks: podman's own choice, in podman's own order."""
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

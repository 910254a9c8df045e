"""Whether this host can build at all, found out by looking only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Problem
from rootbuild.facts import ids, kernel
from rootbuild_oci import namespace


def check(engine: str, root: Path = Path("/")) -> Problem | None:
    """The first reason why an engine cannot work here. `root` is where the host's files are."""
    missing = _missing(engine)
    if missing is not None or namespace.privileged():
        return missing
    return rootless(namespace.user(), root)


def rootless(
    uid: int, root: Path = Path("/"), find: Callable[[str], str | None] = process.find
) -> Problem | None:
    """The first reason why an ordinary user has no user namespaces with ids of his own here."""
    return ids.problem(ids.look(uid, root, find)) or kernel.problem(kernel.look(root))


def _missing(engine: str) -> Problem | None:
    if process.find(engine):
        return None
    return Problem(
        f"{engine} is not installed",
        f"install it, on Debian and Ubuntu with: sudo apt-get install {engine}",
        id=f"{engine}-missing",
    )

"""Whether this host can build at all, found out by looking only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Problem
from rootbuild.facts import ids, kernel
from rootbuild_oci import namespace


def check(root: Path = Path("/")) -> Problem | None:
    """The first reason why buildah cannot work here. `root` is where the host's files are."""
    return _buildah() or (None if namespace.privileged() else rootless(namespace.user(), root))


def rootless(
    uid: int, root: Path = Path("/"), find: Callable[[str], str | None] = process.find
) -> Problem | None:
    """The first reason why an ordinary user has no user namespaces with ids of his own here."""
    return ids.problem(ids.look(uid, root, find)) or kernel.problem(kernel.look(root))


def _buildah() -> Problem | None:
    if process.find("buildah"):
        return None
    return Problem(
        "buildah is not installed",
        "install it, on Debian and Ubuntu with: sudo apt-get install buildah",
        id="buildah-missing",
    )

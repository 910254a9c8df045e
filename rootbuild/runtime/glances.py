"""Cheap looks at containers. What they do not see may be there all the same."""

from __future__ import annotations

import os
from pathlib import Path

from rootbuild.backend import Runtime
from rootbuild.runtime.disk import index
from rootbuild.storage.containers import container_id
from rootbuild.storage.index import UnknownLayoutError

# Where OCI runtimes keep a folder for each container that is not over.
_STATES = ("crun", "runc")


def seen(runtime: Runtime, name: str) -> bool:
    """Whether a container of that name or whole id is written down."""
    return bool(_id(runtime, name))


def seen_running(runtime: Runtime, name: str) -> bool:
    """Whether an OCI runtime holds a container of that name or whole id."""
    found = _id(runtime, name)
    folder = Path("/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR") or "/run")
    return bool(found) and any((folder / state / str(found)).exists() for state in _STATES)


def _id(runtime: Runtime, name: str) -> str:
    try:
        return container_id(index(runtime), name) or ""
    except UnknownLayoutError:
        return ""

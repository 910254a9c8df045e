"""The init that `run --init` puts into containers: catatonit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rootbuild import process

_NAME = "catatonit"
_FOLDERS = (
    *("usr/libexec/podman", "usr/lib/podman"),
    *("usr/local/libexec/podman", "usr/local/lib/podman"),
)


def look(root: Path = Path("/"), find: Callable[[str], str | None] = process.find) -> str:
    """Its path, "" where it is not installed."""
    places = (root / folder / _NAME for folder in _FOLDERS)
    return next((str(place) for place in places if os.access(place, os.X_OK)), find(_NAME) or "")

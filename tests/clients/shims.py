"""rootbuild as `docker` on PATH, as clients find it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.program import Rootbuild


def with_docker(rootbuild: Rootbuild, folder: Path) -> dict[str, str]:
    """An environment in which `docker` is rootbuild, installed by its own command."""
    rootbuild("docker-shim", "install", "--dir", str(folder))
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return rootbuild.environment({"PATH": path})

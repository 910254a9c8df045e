"""What we say that we are: clients of Docker look at these numbers before they go on."""

from __future__ import annotations

import os

from rootbuild import __version__

PROGRAM = "rootbuild"
DOCKER = "docker"

# The Docker whose command line this is, and the API that such a one has.
DOCKER_VERSION = "27.5.1"
API_VERSION = "1.47"
MIN_API_VERSION = "1.24"
BUILDX_VERSION = "v0.20.0"
BUILDKIT_VERSION = "v0.20.0"

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


def program(started_as: str) -> str:
    """The program's name: `docker` for those that found us under this name."""
    return DOCKER if os.path.basename(started_as) == DOCKER else PROGRAM


def version_line(name: str) -> str:
    """What `--version` prints."""
    if name == DOCKER:
        return f"Docker version {DOCKER_VERSION}, build rootbuild-{__version__}\n"
    return f"{name} version {__version__}\n"


def architecture(machine: str) -> str:
    """Go's name of a kernel's architecture."""
    return _ARCHITECTURES.get(machine, machine)

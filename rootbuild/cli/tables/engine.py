"""Commands that Docker does not have but clients of podman use, and `manifest`."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import switch

_LOAD = "rootbuild.cli.engine:hand_on"
_NAMES = {
    ("container", "exists"): "Check if a container exists",
    ("generate",): "Generate structured output from containers and pods",
    ("image", "exists"): "Check if an image exists",
    ("kube",): "Play containers and pods from a structured file",
    ("manifest",): "Work with manifest lists",
    ("network", "exists"): "Check if a network exists",
    ("pod",): "Work with pods",
    ("secret",): "Work with secrets",
    ("unshare",): "Run a command in the engine's user namespace",
    ("volume", "exists"): "Check if a volume exists",
}

_INSPECT = Command(
    ("manifest", "inspect"),
    "Display an image manifest, or manifest list",
    "[OPTIONS] [MANIFEST_LIST] MANIFEST",
    "rootbuild.cli.imagetools:manifest",
    (
        switch("insecure", "Accepted: registries of this host need no TLS anyway"),
        switch("verbose", "Output additional info including layers and platform", "v"),
    ),
    minimum=1,
    maximum=2,
    hidden=True,
)

COMMANDS = (
    *(Command(path, summary, "...", _LOAD, hidden=True, raw=True)
      for path, summary in _NAMES.items()),
    _INSPECT,
)  # fmt: skip

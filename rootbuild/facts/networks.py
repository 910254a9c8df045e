"""What serves the networks of containers: netavark with aardvark-dns, or CNI's plugins."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rootbuild import process
from rootbuild.records import dataclass

HELPERS = ("slirp4netns", "pasta")
# helper_binaries_dir of containers.conf(5), where neither is on PATH.
_HELPER_FOLDERS = (
    "usr/local/libexec/podman",
    "usr/local/lib/podman",
    "usr/libexec/podman",
    "usr/lib/podman",
)
_CNI_FOLDERS = (
    "usr/local/libexec/cni",
    "usr/libexec/cni",
    "usr/local/lib/cni",
    "usr/lib/cni",
    "opt/cni/bin",
)


@dataclass(frozen=True, slots=True)
class Networks:
    """Paths of programs, "" for one that is missing, and the names of CNI's plugins."""

    netavark: str = ""
    aardvark: str = ""
    plugins: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()


def look(root: Path = Path("/"), find: Callable[[str], str | None] = process.find) -> Networks:
    """What is installed."""
    return Networks(
        netavark=_helper("netavark", root, find),
        aardvark=_helper("aardvark-dns", root, find),
        plugins=tuple(
            sorted({name for folder in _CNI_FOLDERS for name in _entries(root / folder)})
        ),
        helpers=tuple(name for name in HELPERS if find(name)),
    )


def _helper(name: str, root: Path, find: Callable[[str], str | None]) -> str:
    places = (root / folder / name for folder in _HELPER_FOLDERS)
    return next((str(place) for place in places if os.access(place, os.X_OK)), find(name) or "")


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []

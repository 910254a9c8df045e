"""The folders of the host that its programs need, to try containers without any image."""

from __future__ import annotations

import os
from pathlib import Path

from rootbuild.records import dataclass

# On distributions of all kinds.
_FOLDERS = ("bin", "lib", "lib32", "lib64", "libx32", "sbin", "usr", "nix", "gnu")


@dataclass(frozen=True, slots=True)
class Folders:
    """Folders to be mounted into an empty root, and links (name, target) to be made there."""

    mounts: tuple[Path, ...]
    links: tuple[tuple[str, str], ...]


def look(root: Path = Path("/")) -> Folders:
    """Those that this host has."""
    places = [root / name for name in _FOLDERS]
    return Folders(
        tuple(place for place in places if os.path.isdir(place) and not os.path.islink(place)),
        tuple((place.name, os.readlink(place)) for place in places if os.path.islink(place)),
    )

"""Folders of this host that `--volume` shows to containers, made where there is none."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rootbuild.errors import RuntimeRefusedError

_MODE = 0o755


def sources(volumes: Sequence[str]) -> tuple[str, ...]:
    """The paths of this host among volumes (`SOURCE:TARGET[:OPTIONS]`); others are names."""
    found = (volume.split(":") for volume in volumes)
    return tuple(parts[0] for parts in found if len(parts) > 1 and parts[0][:1] in ("/", "."))


def make(folders: Sequence[str]) -> None:
    """Make those that are not there, as Docker does. Raises RuntimeRefusedError."""
    for folder in folders:
        if os.path.lexists(folder):
            continue
        try:
            os.makedirs(folder, _MODE, exist_ok=True)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise RuntimeRefusedError(
                f"error while creating mount source path '{folder}': mkdir {folder}: {why}",
                id="mount-source",
                hint="make the folder where you may, or name a volume (a name without a slash)",
            ) from error

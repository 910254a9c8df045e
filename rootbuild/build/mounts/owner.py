"""Modes and owners of what is made for a mount."""

from __future__ import annotations

import os
from pathlib import Path

from rootbuild.errors import BuildError


def give(path: Path, mode: int, uid: int, gid: int) -> None:
    """Set the mode and the owner, by numbers as seen in the container. Raises BuildError."""
    try:
        os.chown(path, uid, gid)
    except OSError as error:
        raise BuildError(
            f"cannot give a mount to {uid}:{gid}: {error.strerror}",
            hint="this user's ranges in /etc/subuid and /etc/subgid do not go that far",
        ) from error
    path.chmod(mode & 0o7777)

"""Whose a folder is."""

from __future__ import annotations

import os
import stat


def is_ours(folder: str | os.PathLike[str]) -> bool:
    """Whether it is a real folder, of this user, that nobody else can write to."""
    try:
        state = os.lstat(folder)
    except OSError:
        return False
    mine = stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid()
    return mine and not state.st_mode & 0o022

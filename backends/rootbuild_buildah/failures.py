"""Why buildah failed, by looking at the state of the host rather than at buildah's words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from rootbuild import process
from rootbuild.errors import EngineError, HostError

FEW_BYTES = 16 * 1024 * 1024
FEW_INODES = 64


def explained(finished: process.Finished, *folders: Path) -> EngineError:
    """The error for a failed program that writes below `folders`."""
    full = full_disk(folders)
    if full is None:
        return process.failure(finished)
    error = process.failure(finished, hint=f"make room on the filesystem that holds {full}")
    error.id = "no-space"
    return error


def unwritten(what: str, folder: Path, error: OSError) -> OSError | HostError:
    """The error for something that could not be written into a folder; a full disk is told."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return error
    return HostError(
        f"no room for {what}: {error.strerror}",
        id="no-space",
        hint=f"make room on the filesystem that holds {folder}",
    )


def full_disk(folders: tuple[Path, ...]) -> Path | None:
    """The first of the folders whose filesystem has (next to) no room left."""
    for folder in folders:
        try:
            found = os.statvfs(_existing(folder))
        except PermissionError:
            continue
        room = found.f_bavail * found.f_frsize
        # Filesystems without a fixed number of inodes (btrfs) say that they have none at all.
        inodes = found.f_favail if found.f_files else FEW_INODES
        if room < FEW_BYTES or inodes < FEW_INODES:
            return folder
    return None


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder

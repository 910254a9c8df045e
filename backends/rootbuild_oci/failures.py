"""Why buildah failed, by looking at the state of the host rather than at buildah's words."""

from __future__ import annotations

import errno
from pathlib import Path

from rootbuild import process
from rootbuild.errors import EngineError, HostError


def explained(finished: process.Finished, *folders: Path) -> EngineError:
    """The error for a failed program that writes below `folders`.

    Here only what this engine knows; `rootbuild.host.probes` looks at the host as a whole.
    """
    from rootbuild.facts import disk

    full = disk.full(folders)
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


def image_removed(image: str | None) -> HostError:
    """The error for an image that was there when the build began."""
    return HostError(
        f"the image {image} was removed while it was built upon",
        id="image-removed",
        hint="start the build again, and leave the images that it needs alone",
    )

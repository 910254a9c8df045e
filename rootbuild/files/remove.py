"""Taking entries out of a root filesystem."""

from __future__ import annotations

import os

from rootbuild.files.entries import listing
from rootbuild.files.paths import Parts
from rootbuild.files.rootfs import Trail


def remove_tree(trail: Trail, place: Parts) -> None:
    """Remove a directory with all that is in it; links are removed, never followed.

    `trail` is back at the root after that: what it went through may be gone.
    """
    pending = [place]
    while pending:
        where = pending[-1]
        inner: list[Parts] = []
        with listing(trail.at(where)) as (descriptor, found):
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    inner.append((*where, entry.name))
                else:
                    os.unlink(entry.name, dir_fd=descriptor)
        if inner:
            pending.extend(inner)  # and then look at this one again
        else:
            pending.pop()
            os.rmdir(where[-1], dir_fd=trail.at(where[:-1]))
    trail.close()

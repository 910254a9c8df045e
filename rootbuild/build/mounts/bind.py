"""A bind mount: the files themselves where they can only be read, else a copy to throw away."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from rootbuild.backend import Bind
from rootbuild.files.attributes import CopyOptions
from rootbuild.files.copy import copy
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import Chosen, Selection
from rootbuild.graph.stages import keeps_owners
from rootbuild.plan.mounts.bind import BindMount

COPY = "content"


def bind(mount: BindMount, selection: Selection, folder: Path) -> Bind:
    """What to mount; `folder` is empty and private to this mount. Raises RootbuildError."""
    (chosen,) = selection.chosen
    keep = keeps_owners(mount.source)
    if mount.read_only and _as_it_is(selection, chosen, owners=keep):
        return Bind(selection.tree.root.path.joinpath(*chosen.parts), mount.target)
    return Bind(copied(selection, folder, keep_owner=keep), mount.target, mount.read_only)


def copied(selection: Selection, folder: Path, *, keep_owner: bool) -> Path:
    """A copy of a single file or folder below `folder`, its own owner and mode included."""
    (chosen,) = selection.chosen
    options = CopyOptions(owner=None, mode=None, keep_owner=keep_owner, several=False)
    with Rootfs(folder) as rootfs:
        copy(selection, rootfs, f"/{COPY}", "/", options)
    place, status = folder / COPY, chosen.node.status
    if chosen.is_directory:
        if keep_owner:
            os.chown(place, status.st_uid, status.st_gid)
        place.chmod(stat.S_IMODE(status.st_mode))
    return place


def _as_it_is(selection: Selection, chosen: Chosen, *, owners: bool) -> bool:
    """Whether the files can be shown where they are: none hidden, and the context's all root's."""
    if not selection.tree.whole and chosen.is_directory:
        return False
    if owners:
        return True
    return chosen.node.status.st_uid == 0 and all(
        node.status.st_uid == 0 and node.status.st_gid == 0 for _, node in chosen.walk()
    )

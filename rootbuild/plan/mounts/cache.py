"""`type=cache`: a folder that lasts from build to build and is in no image."""

from __future__ import annotations

import posixpath
from typing import Literal, cast

from rootbuild.graph.stages import Source
from rootbuild.plan.mounts.given import Given, absolute
from rootbuild.records import dataclass

Sharing = Literal["shared", "private", "locked"]
DEFAULT_MODE = 0o755


@dataclass(frozen=True, slots=True)
class CacheMount:
    """The folder `id`. `source` and `path` give its first content; without a source it is empty.

    `made` is the mode, uid and gid of a new folder, None where nothing was asked for; folders that
    were asked for differently are different folders.
    """

    id: str
    target: str
    sharing: Sharing
    source: Source | None
    path: str
    made: tuple[int, int, int] | None
    read_only: bool

    @property
    def definition(self) -> tuple[object, ...]:
        """Key material: what is asked for, never what the folder holds."""
        asked = (self.id, self.target, self.sharing, self.path, self.made, self.read_only)
        return ("cache", *asked)


def cache_mount(given: Given, source: Source | None, workdir: str, namespace: str) -> CacheMount:
    """Its id is the cleaned target if none was given, in front of it BUILDKIT_CACHE_MOUNT_NS.

    Raises DockerfileError.
    """
    path = posixpath.normpath(posixpath.join("/", given.source))
    asked = (given.mode, given.uid, given.gid)
    made = None
    if path == "/" and asked != (None, None, None):
        mode = DEFAULT_MODE if given.mode is None else given.mode
        made = (mode, given.uid or 0, given.gid or 0)
    return CacheMount(
        id=f"{namespace}/{given.id or posixpath.normpath(given.target or '.')}",
        target=absolute(given.target, workdir),
        sharing=cast(Sharing, given.sharing or "shared"),
        source=source,
        path=path,
        made=made,
        read_only=given.read_only is True,
    )

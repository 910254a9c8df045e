"""`type=bind`: files of the context, of a stage or of an image."""

from __future__ import annotations

import posixpath

from rootbuild.graph.stages import Source, keeps_owners
from rootbuild.plan.mounts.given import Given, absolute
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class BindMount:
    """`path` of `source` (None: the context) at `target`. What is written is lost with the step."""

    source: Source | None
    path: str
    target: str
    read_only: bool

    @property
    def definition(self) -> tuple[object, ...]:
        """Key material, apart from the content."""
        return ("bind", not keeps_owners(self.source), self.path, self.target, self.read_only)


def bind_mount(given: Given, source: Source | None, workdir: str) -> BindMount:
    """Read-only unless `rw` was given. Raises DockerfileError."""
    return BindMount(
        source=source,
        path=posixpath.normpath(posixpath.join("/", given.source)),
        target=absolute(given.target, workdir),
        read_only=given.read_only is not False,
    )

"""`type=tmpfs`: an empty folder in memory."""

from __future__ import annotations

from rootbuild.plan.mounts.given import Given, absolute
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class TmpfsMount:
    """`size` is in bytes; 0 is the kernel's default."""

    target: str
    size: int
    read_only: bool

    @property
    def definition(self) -> tuple[object, ...]:
        """Key material."""
        return ("tmpfs", self.target, self.size, self.read_only)


def tmpfs_mount(given: Given, workdir: str) -> TmpfsMount:
    """Writable unless `ro` was given. Raises DockerfileError."""
    return TmpfsMount(absolute(given.target, workdir), given.size, given.read_only is True)

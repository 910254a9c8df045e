"""`--cache-from` and `--cache-to` as data. Every build imports this."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from rootbuild.records import dataclass

Compression = Literal["uncompressed", "gzip", "zstd"]
Kind = Literal["registry", "local", "inline", "absent"]
Mode = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class CacheSource:
    """Where a cache may come from: a reference, or a folder with what it is called in there.

    `absent` is a kind that needs a server which is not here; `why` says so.
    """

    kind: Kind
    ref: str = ""
    folder: Path | None = None
    tag: str = "latest"
    digest: str = ""
    why: str = ""

    @property
    def shown(self) -> str:
        """As progress names it."""
        return self.ref or str(self.folder)


@dataclass(frozen=True, slots=True)
class CacheTarget:
    """Where a build's cache goes, and in which form.

    With mode `max` it holds the results of all stages, not just those that the image consists of;
    with `mounts` also what cache mounts hold.
    """

    kind: Kind
    ref: str = ""
    folder: Path | None = None
    tag: str = "latest"
    mode: Mode = "min"
    compression: Compression = "gzip"
    level: int | None = None
    force: bool = False
    image_manifest: bool = True
    oci: bool = True
    ignore_error: bool = False
    mounts: bool = False
    why: str = ""

    @property
    def shown(self) -> str:
        """As progress names it."""
        return self.ref or str(self.folder or self.kind)


def keeps_all(targets: tuple[CacheTarget, ...]) -> bool:
    """Whether the results of all stages are to be kept, so that they can be exported."""
    return any(target.mode == "max" for target in targets)


def outside(targets: tuple[CacheTarget, ...]) -> tuple[CacheTarget, ...]:
    """The targets that are written apart from the image."""
    return tuple(target for target in targets if target.kind != "inline")

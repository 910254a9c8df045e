"""What an archive says about one of its entries."""

from __future__ import annotations

from typing import Literal

from rootbuild.records import dataclass

Kind = Literal["file", "directory", "link", "hard link", "special"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `name` and `target` are as the archive has them: they may say anything.

    `pieces` are where a file has data (offset, length), in order; the rest of its `size` is holes.
    """

    kind: Kind
    name: str
    target: str
    mode: int
    uid: int
    gid: int
    atime_ns: int
    mtime_ns: int
    size: int
    pieces: tuple[tuple[int, int], ...]
    capabilities: bytes

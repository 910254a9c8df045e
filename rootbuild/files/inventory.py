"""What a selection holds, small enough to be kept, so that changes can be told later."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from rootbuild.files.paths import Parts, join

MOST_ENTRIES = 200_000
MARK_BYTES = 8
_END = b"\0"

What = Literal["new", "gone", "content", "mode", "owner", "kind"]


@dataclass(frozen=True, slots=True)
class FileChange:
    """An entry that two inventories tell different things of."""

    path: str
    what: What

    @property
    def text(self) -> str:
        """What there is to say, as a clause."""
        path = _printable(self.path)
        match self.what:
            case "new":
                return f"{path} is new"
            case "gone":
                return f"{path} is gone"
            case "content":
                return f"{path} has changed"
            case "mode":
                return f"the mode of {path} has changed"
            case "owner":
                return f"the owner of {path} has changed"
            case "kind":
                return f"{path} is of another kind"


def _printable(path: str) -> str:
    """The path on one line; whoever made the file may have chosen its name to deceive."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


class Inventory:
    """Takes entries while a digest is made of them. They are compressed at once, and short."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(1)
        self._data: list[bytes] = []
        self._entries = 0

    def add(self, parts: Parts, kind: str, mode: str, owner: str, value: bytes) -> None:
        """Note an entry by its place in the tree; `value` tells its content, or its target."""
        self._entries += 1
        if self._entries <= MOST_ENTRIES:
            mark = sha256(value).digest()[:MARK_BYTES].hex()
            fields = (os.fsencode(join(parts)), kind.encode(), mode.encode(), owner.encode())
            entry = _END.join((*fields, mark.encode(), b""))
            self._data.append(self._deflate.compress(entry))

    def finish(self) -> bytes:
        """All entries, for `changes`; empty if there are too many to be kept."""
        self._data.append(self._deflate.flush())
        return b"".join(self._data) if self._entries <= MOST_ENTRIES else b""


def changes(old: bytes, new: bytes) -> tuple[FileChange, ...]:
    """How two inventories differ, in the order of paths."""
    before, after = _read(old), _read(new)
    found = []
    for path in sorted(before.keys() | after.keys()):
        if path not in before:
            found.append(FileChange(path, "new"))
        elif path not in after:
            found.append(FileChange(path, "gone"))
        elif before[path] != after[path]:
            found.append(FileChange(path, _difference(before[path], after[path])))
    return tuple(found)


_Entry = tuple[bytes, bytes, bytes, bytes]


def _difference(old: _Entry, new: _Entry) -> What:
    names: tuple[What, ...] = ("kind", "mode", "owner", "content")
    differing = [name for name, one, two in zip(names, old, new, strict=True) if one != two]
    if "kind" in differing:
        return "kind"
    return "content" if "content" in differing else differing[0]


def _read(data: bytes) -> dict[str, _Entry]:
    fields = zlib.decompress(data).split(_END)
    paths = map(os.fsdecode, fields[0:-1:5])
    return dict(zip(paths, zip(*(fields[n:-1:5] for n in range(1, 5)), strict=True), strict=True))

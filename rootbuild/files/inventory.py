"""What the files of a selection looked like, so that it can be said later which of them differ."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Literal

from rootbuild.hashing import sha256
from rootbuild.records import dataclass

MOST_ENTRIES = 50_000
"""Of larger selections nothing is kept: it would be several megabytes."""

MOST_SIZES = 500_000

_LEVEL = 1
_DIGITS = 16

Kind = Literal["new", "gone", "content", "attributes"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A path that differs, and how: `before` and `after` are its attributes where just these do."""

    path: str
    kind: Kind
    before: str = ""
    after: str = ""


class Inventory:
    """Entries by their path in the tree: what each is, and a short digest of its content."""

    def __init__(self) -> None:
        self._entries: dict[str, str] = {}
        self.sizes: dict[str, int] = {}

    def add(self, path: str, attributes: str, content: bytes, size: int = 0) -> None:
        """Note an entry; `content` is what tells it from others, such as a digest.

        `sizes` has the bytes of files, also where there are too many for anything else.
        """
        if size and len(self.sizes) < MOST_SIZES:
            self.sizes[path] = size
        if len(self._entries) <= MOST_ENTRIES:
            short = sha256(content).hexdigest()[:_DIGITS]
            self._entries[path] = f"{attributes}\0{short}"

    def pack(self) -> bytes | None:
        """The inventory in a form to be kept; None if it is too long for that."""
        if len(self._entries) > MOST_ENTRIES:
            return None
        text = "\0".join(f"{path}\0{entry}" for path, entry in self._entries.items())
        return zlib.compress(text.encode("utf-8", "surrogateescape"), _LEVEL)


def differences(before: bytes, after: bytes) -> Iterator[Difference]:
    """What differs between two packed inventories, by path."""
    old, new = _unpack(before), _unpack(after)
    for path in sorted({*old, *new}):
        if path not in old:
            yield Difference(path, "new")
        elif path not in new:
            yield Difference(path, "gone")
        elif old[path][1] != new[path][1]:
            yield Difference(path, "content")
        elif old[path] != new[path]:
            yield Difference(path, "attributes", old[path][0], new[path][0])


def _unpack(packed: bytes) -> Mapping[str, tuple[str, str]]:
    fields = zlib.decompress(packed).decode("utf-8", "surrogateescape").split("\0")
    rows = zip(fields[0::3], fields[1::3], fields[2::3], strict=False)
    return {path: (attributes, content) for path, attributes, content in rows}

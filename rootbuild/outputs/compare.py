"""In which files and properties two images differ."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rootbuild.files.rootfs import READ
from rootbuild.outputs.walk import Found, walk
from rootbuild.records import dataclass

_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "pipe",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
}
_PIECE = 1 << 20
ABSENT = None


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` (a path, or a place in the config), a property of it, two values; None is absent."""

    what: str
    property: str
    first: object
    second: object

    def document(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "what": self.what,
            "property": self.property,
            "first": self.first,
            "second": self.second,
        }


def compare_configs(first: bytes, second: bytes) -> Iterator[Difference]:
    """Differences of two image configs, history included; layers are the files' matter."""
    one, other = _config(first), _config(second)
    return _compared("config", one, other)


def compare_files(first: Path, second: Path) -> Iterator[Difference]:
    """Differences of what is below two roots, by path."""
    ones, others = _entries(first), _entries(second)
    for path in sorted({*ones, *others}):
        one, other = ones.get(path), others.get(path)
        name = "/" + path.decode("utf-8", "replace")
        if one is None or other is None:
            yield Difference(name, "presence", one and _kind(one), other and _kind(other))
        else:
            yield from _compared_entries(name, one, other)


def _compared_entries(name: str, one: Found, other: Found) -> Iterator[Difference]:
    before, after = _properties(one), _properties(other)
    for key in before:
        if before[key] != after.get(key):
            yield Difference(name, key, before[key], after.get(key))
    regular = _kind(one) == _kind(other) == "file"
    if regular and before["size"] == after["size"]:
        digests = _digest(one.path), _digest(other.path)
        if digests[0] != digests[1]:
            yield Difference(name, "content", *digests)


def _properties(found: Found) -> dict[str, object]:
    status = found.status
    regular = _kind(found) == "file"
    return {
        "kind": _kind(found),
        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
        "owner": f"{status.st_uid}:{status.st_gid}",
        "time": status.st_mtime_ns // 10**9,
        "size": status.st_size if regular else 0,
        "target": found.target.decode("utf-8", "replace"),
        "attributes": _attributes(found.path),
    }


def _kind(found: Found) -> str:
    return _KINDS.get(found.kind, "other")


def _attributes(path: bytes) -> dict[str, str]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
        kept = (name for name in sorted(names) if not name.startswith("trusted."))
        return {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in kept}
    except OSError:
        return {}


def _digest(path: bytes) -> str:
    content = hashlib.sha256()
    with open(os.open(path, READ), "rb") as stream:
        while piece := stream.read(_PIECE):
            content.update(piece)
    return f"sha256:{content.hexdigest()}"


def _entries(root: Path) -> dict[bytes, Found]:
    return {found.name: found for found in walk(os.fsencode(root))}


def _config(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(data)
    return found


def _compared(place: str, one: object, other: object) -> Iterator[Difference]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}):
            yield from _compared(f"{place}.{key}", one.get(key), other.get(key))
    elif isinstance(one, Sequence) and isinstance(other, Sequence) and not isinstance(one, str):
        for index in range(max(len(one), len(other))):
            here, there = (each[index] if index < len(each) else None for each in (one, other))
            yield from _compared(f"{place}[{index}]", here, there)
    elif one != other:
        yield Difference(place, "value", one, other)

"""What is in the folder that overlayfs writes changes to.

Sources: the kernel's Documentation/filesystems/overlayfs.rst (a removed entry is a character device
0/0, a folder that hides what is below it has the attribute `opaque`), and the OCI image
specification, layer.md (in a layer these are files named `.wh.NAME` and `.wh..wh..opq`).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping

from rootbuild.errors import BuildError
from rootbuild.records import dataclass, field

WHITEOUT = b".wh."
OPAQUE = b".wh..wh..opq"
CAPABILITY = "security.capability"
# What overlayfs keeps for itself. It must not get into a layer, where it would steer a later mount.
PRIVATE = ("user.overlay.", "trusted.overlay.")
_NO_ATTRIBUTES = (errno.EOPNOTSUPP, errno.EPERM, errno.EACCES)


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that is new or changed.

    `name` is its path in the layer, `path` where it is on the host. `target` is where a symbolic
    link leads, or the name of the entry that this is a hard link to, if `linked`. `attributes` are
    the extended ones that a layer keeps.
    """

    name: bytes
    path: bytes
    status: os.stat_result
    target: bytes = b""
    linked: bool = False
    attributes: tuple[tuple[str, bytes], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Removal:
    """An entry that is gone; `name` is that of the mark in a layer."""

    name: bytes


def changes(upper: bytes, *, rootless: bool) -> Iterator[Change | Removal]:
    """All changes, a folder before what is in it, otherwise by name; the same each time.

    `rootless` is how overlayfs was mounted, as its own attributes are called accordingly. Nobody
    may write there meanwhile. Sockets are left out, and so is the root folder itself: no engine
    keeps these in layers. Raises BuildError for a name that layers cannot have.
    """
    return _Walk(upper, f"{PRIVATE[0] if rootless else PRIVATE[1]}opaque").all()


class _Walk:
    def __init__(self, upper: bytes, opaque: str) -> None:
        self._upper = upper
        self._opaque = opaque
        self._links: dict[tuple[int, int], bytes] = {}

    def all(self) -> Iterator[Change | Removal]:
        pending = [iter(_listed(b"", self._upper))]
        while pending:
            entry = next(pending[-1], None)
            if entry is None:
                pending.pop()
                continue
            inside, status = entry
            where = os.path.join(self._upper, inside)
            if _removed(status):
                folder, base = os.path.split(inside)
                yield Removal(os.path.join(folder, WHITEOUT + base))
            elif stat.S_ISDIR(status.st_mode):
                attributes = _attributes(where)
                yield Change(inside, where, status, attributes=_kept(attributes))
                if attributes.get(self._opaque) == b"y":
                    yield Removal(os.path.join(inside, OPAQUE))
                pending.append(iter(_listed(inside, where)))
            elif not stat.S_ISSOCK(status.st_mode):
                yield self._leaf(inside, where, status)

    def _leaf(self, name: bytes, path: bytes, status: os.stat_result) -> Change:
        if status.st_nlink > 1:
            first = self._links.setdefault((status.st_dev, status.st_ino), name)
            if first != name:
                return Change(name, path, status, target=first, linked=True)
        if stat.S_ISLNK(status.st_mode):
            return Change(name, path, status, target=os.readlink(path))
        regular = stat.S_ISREG(status.st_mode)
        return Change(name, path, status, attributes=_kept(_attributes(path)) if regular else ())


def _listed(name: bytes, path: bytes) -> list[tuple[bytes, os.stat_result]]:
    with os.scandir(path) as found:
        entries = sorted(
            (os.path.join(name, entry.name), entry.stat(follow_symlinks=False)) for entry in found
        )
    for inside, _ in entries:
        if os.path.basename(inside).startswith(WHITEOUT):
            shown = os.fsdecode(inside).encode("utf-8", "replace").decode()
            raise BuildError(
                f"/{shown}: names that begin with .wh. stand for removed files in a layer",
                id="layer-name",
                hint="rename or remove that file in the step that makes it",
            )
    return entries


def _removed(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _attributes(path: bytes) -> dict[str, bytes]:
    """All extended attributes of a file or folder that we may see."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_ATTRIBUTES:
            raise
        return {}
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in names}


def _kept(attributes: Mapping[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    """Those that a layer keeps: capabilities, and users' own."""
    return tuple(
        (name, attributes[name])
        for name in sorted(attributes)
        if name == CAPABILITY or (name.startswith("user.") and not name.startswith(PRIVATE))
    )

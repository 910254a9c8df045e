"""Ids that a user may hand out in user namespaces, and the programs that map them."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Callable
from pathlib import Path

from rootbuild import process
from rootbuild.backend import Problem
from rootbuild.facts import account
from rootbuild.records import dataclass

NEEDED = 65536
FILES = ("subuid", "subgid")
_FIRST = 100000
# newuidmap needs CAP_SETUID, newgidmap CAP_SETGID: numbers of linux/capability.h.
_MAPPERS = {"newuidmap": 7, "newgidmap": 6}
_FIRST_WORD = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class IdRange:
    """Ids that somebody may hand out to containers."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Mapper:
    """newuidmap or newgidmap: where it is, "" if nowhere, and whether it may do its work."""

    name: str
    path: str
    powerful: bool


@dataclass(frozen=True, slots=True)
class Ids:
    """What a user may hand out. `elsewhere`: a directory service says it, the files need not."""

    user: str
    subuids: tuple[IdRange, ...]
    subgids: tuple[IdRange, ...]
    mappers: tuple[Mapper, ...]
    elsewhere: bool = False
    free: int = _FIRST

    @property
    def fewest(self) -> int:
        """How many ids containers can have, of both kinds."""
        return min(sum(one.count for one in ranges) for ranges in (self.subuids, self.subgids))


def look(uid: int, root: Path = Path("/"), find: Callable[[str], str | None] = process.find) -> Ids:
    """The ids of the user with that number."""
    user = account.name_of(uid)
    lines = {file: _lines(root / "etc" / file) for file in FILES}
    subuids, subgids = (_of(lines[file], user, uid) for file in FILES)
    taken = [one for file in FILES for _, one in lines[file]]
    return Ids(
        user,
        subuids,
        subgids,
        tuple(_mapper(name, find(name)) for name in _MAPPERS),
        elsewhere=_elsewhere(root / "etc/nsswitch.conf"),
        free=max([_FIRST, *(one.first + one.count for one in taken)]),
    )


def problem(ids: Ids) -> Problem | None:
    """Why this user can have only one id in a user namespace."""
    missing = [mapper.name for mapper in ids.mappers if not mapper.path]
    if missing:
        return Problem(
            f"{' and '.join(missing)} not found: an ordinary user cannot use more than one user id",
            "sudo apt-get install uidmap  # on Fedora: sudo dnf install shadow-utils",
            id="uidmap-missing",
        )
    weak = [mapper for mapper in ids.mappers if not mapper.powerful]
    if weak:
        paths = " ".join(mapper.path for mapper in weak)
        return Problem(
            f"{' and '.join(mapper.name for mapper in weak)} may not map ids:"
            " neither setuid root nor with the file capability",
            f"sudo chmod u+s {paths}",
            id="uidmap-powerless",
        )
    return None if ids.elsewhere else _no_ranges(ids)


def _no_ranges(ids: Ids) -> Problem | None:
    ranges = {"subuid": ids.subuids, "subgid": ids.subgids}
    short = [name for name, found in ranges.items() if sum(one.count for one in found) < NEEDED]
    if not short:
        return None
    span = f"{ids.free}-{ids.free + NEEDED - 1}"
    options = " ".join(f"--add-{name}s {span}" for name in short)
    return Problem(
        f"user {ids.user} has no range of {NEEDED} ids in "
        + " and ".join(f"/etc/{name}" for name in short),
        f"sudo usermod {options} {ids.user} && podman system migrate",
        id="no-subids",
    )


def _lines(path: Path) -> list[tuple[str, IdRange]]:
    """(owner, range) of each line that is one."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return []
    fields = (line.split("#", 1)[0].strip().split(":") for line in text.splitlines())
    return [
        (field[0], IdRange(int(field[1]), int(field[2])))
        for field in fields
        if len(field) == 3 and field[1].isdecimal() and field[2].isdecimal()
    ]


def _of(lines: list[tuple[str, IdRange]], user: str, uid: int) -> tuple[IdRange, ...]:
    return tuple(found for owner, found in lines if owner in (user, str(uid)))


def _elsewhere(path: Path) -> bool:
    try:
        text = path.read_text()
    except OSError:
        return False
    sources = [line.split()[1:] for line in text.splitlines() if line.startswith("subid:")]
    return any(source != "files" for found in sources for source in found)


def _mapper(name: str, path: str | None) -> Mapper:
    return Mapper(name, path or "", path is not None and _powerful(path, _MAPPERS[name]))


def _powerful(path: str, capability: int) -> bool:
    """Whether a program gets the right to map ids when it is started."""
    try:
        found = os.stat(path)
        if found.st_uid == 0 and found.st_mode & stat.S_ISUID:
            return True
        attribute = os.getxattr(path, "security.capability")
    except OSError:
        return False
    # struct vfs_cap_data: a word with the version, then the permitted capabilities up to 31.
    _, permitted = _FIRST_WORD.unpack_from(attribute)
    return bool(permitted & 1 << capability)

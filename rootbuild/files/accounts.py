"""Users and groups, as the /etc/passwd and /etc/group of an image name them."""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.errors import BuildError
from rootbuild.files.owner import Owner
from rootbuild.files.rootfs import Rootfs
from rootbuild.records import dataclass

USERS_FILE = "/etc/passwd"
GROUPS_FILE = "/etc/group"
SIZE_LIMIT = 16 << 20
"""No account file of an honest image is this large (bytes)."""

MAX_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Account:
    """Who a process runs as. `groups` are the supplementary ones; `home` is for $HOME."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


@dataclass(frozen=True, slots=True)
class _User:
    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    gid: int
    members: tuple[str, ...]


def resolve_user(rootfs: Rootfs, user: str) -> Account:
    """Who `USER user[:group]` is; the empty string is root.

    Each part is a name or a number; names are looked at first. A number without an entry has
    group 0 and home `/`. With a group, that is the only one; without, the user is in its own
    and in all that list its name. Raises BuildError for an unknown name.
    """
    name, _, group = user.partition(":")
    entry = _find_user(rootfs, name or "0")
    if entry is None:
        entry = _User("", _number(name or "0", user), 0, "/")
    home = entry.home or "/"
    if group:
        return Account(entry.uid, _group_id(rootfs, group), (), home)
    groups = (found.gid for found in _groups(rootfs) if entry.name in found.members)
    return Account(entry.uid, entry.gid, tuple(dict.fromkeys(groups)), home)


def resolve_owner(rootfs: Rootfs, owner: str) -> Owner:
    """Who `--chown=user[:group]` is, which differs from USER: a number is never looked up, and
    alone it is the group's number too; a name alone brings its primary group.

    Raises BuildError for an unknown name.
    """
    name, _, group = owner.partition(":")
    if not name or _is_number(name):
        uid = gid = _number(name or "0", name)
    else:
        entry = next((found for found in _users(rootfs) if found.name == name), None)
        if entry is None:
            raise _unknown_user(name)
        uid, gid = entry.uid, entry.gid
    if group:
        gid = _number(group, group) if _is_number(group) else _group_id(rootfs, group)
    return Owner(uid, gid)


def _find_user(rootfs: Rootfs, name: str) -> _User | None:
    users = list(_users(rootfs))
    for user in users:
        if user.name == name:
            return user
    if not _is_number(name):
        raise _unknown_user(name)
    return next((user for user in users if user.uid == int(name)), None)


def _group_id(rootfs: Rootfs, name: str) -> int:
    for group in _groups(rootfs):
        if group.name == name:
            return group.gid
    if not _is_number(name):
        raise BuildError(
            f"unable to find group {name}: no matching entries in group file",
            hint="add the group in an earlier step of the same stage, or use its number",
        )
    return _number(name, name)


def _unknown_user(name: str) -> BuildError:
    return BuildError(
        f"unable to find user {name}: no matching entries in passwd file",
        hint="add the user in an earlier step of the same stage, or use its number",
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _number(text: str, whole: str) -> int:
    number = int(text) if len(text) <= len(str(MAX_ID)) else MAX_ID + 1
    if number > MAX_ID:
        raise BuildError(f"{whole}: uids and gids must be in range 0-{MAX_ID}")
    return number


def _users(rootfs: Rootfs) -> Iterator[_User]:
    for fields in _lines(rootfs, USERS_FILE):
        if len(fields) >= 6 and _usable(fields[2]) and _usable(fields[3]):
            yield _User(fields[0], int(fields[2]), int(fields[3]), fields[5])


def _groups(rootfs: Rootfs) -> Iterator[_Group]:
    for fields in _lines(rootfs, GROUPS_FILE):
        if len(fields) >= 4 and _usable(fields[2]):
            members = tuple(member for member in fields[3].split(",") if member)
            yield _Group(fields[0], int(fields[2]), members)


def _usable(text: str) -> bool:
    return _is_number(text) and len(text) <= len(str(MAX_ID)) and int(text) <= MAX_ID


def _lines(rootfs: Rootfs, path: str) -> Iterator[list[str]]:
    """The colon-separated fields of each line; comments and broken lines are not accounts."""
    content = rootfs.read_file(path, SIZE_LIMIT) or b""
    for line in content.decode("utf-8", "surrogateescape").split("\n"):
        text = line.strip()
        if text and not text.startswith("#"):
            yield text.split(":")

"""Where the engine keeps its images, by the rules of containers-storage.conf(5)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from rootbuild.records import dataclass, replace

SYSTEM_FILES = (Path("/etc/containers/storage.conf"), Path("/usr/share/containers/storage.conf"))
SYSTEM_ROOT = "/var/lib/containers/storage"
DRIVERS = ("overlay", "vfs", "btrfs", "zfs", "aufs")


@dataclass(frozen=True, slots=True)
class Storage:
    """The main store's folder, its driver ("" if nobody says), and read-only stores behind it.

    `older` is set where engines differ about the folder, and is what those up to buildah 1.28 take:
    which of the two it is can only be asked.
    """

    root: Path
    driver: str = ""
    additional: tuple[Path, ...] = ()
    older: Path | None = None

    def stores(self) -> Iterator[tuple[Path, str]]:
        """(folder, driver) of every store that is there, the main one first.

        The engine takes the driver of the folders that it finds, whatever it is told later.
        """
        for root in (self.root, *self.additional):
            for driver in (self.driver, *DRIVERS):
                if driver and os.path.isdir(root / f"{driver}-images"):
                    yield root, driver
                    break

    def at(self, root: Path) -> Storage:
        """The same, where an engine has said which folder it takes."""
        return replace(self, root=root, older=None)


def read(
    environment: Mapping[str, str] = os.environ,
    uid: int | None = None,
    system: tuple[Path, ...] = SYSTEM_FILES,
) -> Storage:
    """The storage of a user (by default us). Raises ValueError if a file cannot be understood."""
    uid = _user(environment) if uid is None else uid
    table = _table(environment, uid, system)
    options = _mapping(table.get("options"))
    more = options.get("additionalimagestores") or []
    root = Path(_expand(_root(table, environment, uid), environment, uid))
    return Storage(
        root=root,
        driver=environment.get("STORAGE_DRIVER") or str(table.get("driver") or ""),
        additional=tuple(Path(str(path)) for path in (more if isinstance(more, list) else [])),
        older=_older(table, environment, uid, root),
    )


def _user(environment: Mapping[str, str]) -> int:
    """The uid outside of an engine's user namespace, which it notes in its environment."""
    return int(environment.get("_CONTAINERS_ROOTLESS_UID") or os.geteuid())


def _table(
    environment: Mapping[str, str], uid: int, system: tuple[Path, ...]
) -> Mapping[str, object]:
    """The [storage] table that holds: the named file's, or the user's over the system's."""
    named = environment.get("CONTAINERS_STORAGE_CONF")
    if named:
        return _load(Path(named)) or {}
    base = next((found for path in system if (found := _load(path)) is not None), {})
    if uid == 0:
        return base
    # A user's store is his own: of the system's table only this much holds for him.
    base = {key: base[key] for key in ("driver", "rootless_storage_path", "options") if key in base}
    home = environment.get("XDG_CONFIG_HOME") or f"{environment.get('HOME', '')}/.config"
    own = _load(Path(home, "containers/storage.conf"))
    return base if own is None else own


def _root(table: Mapping[str, object], environment: Mapping[str, str], uid: int) -> str:
    if uid == 0:
        return str(table.get("graphroot") or SYSTEM_ROOT)
    own = table.get("graphroot") or table.get("rootless_storage_path")
    if own:
        return str(own)
    data = environment.get("XDG_DATA_HOME") or f"{environment.get('HOME', '')}/.local/share"
    return f"{data}/containers/storage"


def _older(
    table: Mapping[str, object], environment: Mapping[str, str], uid: int, root: Path
) -> Path | None:
    """Where engines that read the file of CONTAINERS_STORAGE_CONF as if it were the system's look.

    They pass over its graphroot, as that would be root's.
    """
    if uid == 0 or not environment.get("CONTAINERS_STORAGE_CONF"):
        return None
    rest = {key: value for key, value in table.items() if key != "graphroot"}
    other = Path(_expand(_root(rest, environment, uid), environment, uid))
    return None if other == root else other


def _expand(path: str, environment: Mapping[str, str], uid: int) -> str:
    values = {"HOME": environment.get("HOME", ""), "UID": str(uid)}
    values["USER"] = environment.get("USER", "")
    for name, value in values.items():
        path = path.replace("${" + name + "}", value).replace(f"${name}", value)
    return path


def _load(path: Path) -> Mapping[str, object] | None:
    try:
        text = path.read_text()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    return _mapping(tomllib.loads(text).get("storage"))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}

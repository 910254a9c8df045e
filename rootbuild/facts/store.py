"""The engines' image store: which driver is configured, which one it was first used with."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from rootbuild.backend import Problem
from rootbuild.facts.account import Account
from rootbuild.records import dataclass
from rootbuild.storage.configuration import DRIVERS, read

# The start of podman's older database, in the format of bbolt, has what the store was made with.
_BOLT_BYTES = 1 << 22
_BOLT_DRIVER = re.compile(rb"graph-driver-name(" + "|".join(DRIVERS).encode() + rb")")
_ROOTS = ("runroot", "graphroot")


@dataclass(frozen=True, slots=True)
class Store:
    """`configured` is the driver that a file or variable names, `recorded` podman's own note.

    `found` are drivers whose folders are there. `config` is the user's storage.conf, `lacks` what
    buildah misses in it, `unreadable` why a configuration file cannot be understood.
    """

    folder: Path
    config: Path
    exists: bool = False
    configured: str = ""
    recorded: str = ""
    found: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    unreadable: str = ""

    @property
    def used(self) -> bool:
        """Whether an engine has put anything there."""
        return bool(self.recorded or self.found)

    @property
    def driver(self) -> str:
        """The driver of builds; "" if that is yet to be decided by the engine."""
        return self.configured or next(iter(self.found), "")


def look(account: Account, environment: Mapping[str, str] = os.environ) -> Store:
    """The store of a user."""
    config = _own_config(environment)
    try:
        storage = read(environment, account.uid)
    except ValueError as error:
        return Store(Path(), config, exists=os.path.exists(config), unreadable=str(error))
    # Where engines differ about the folder, the one that was used is the one that they take.
    folders = [folder for folder in (storage.root, storage.older) if folder is not None]
    folder = next((folder for folder in folders if _found(folder)), storage.root)
    return Store(
        folder=folder,
        config=config,
        exists=os.path.exists(config),
        configured=storage.driver,
        recorded=_recorded(folder),
        found=_found(folder),
        lacks=_lacks(config, environment) if not account.root else (),
    )


def problem(store: Store) -> Problem | None:
    """Why engines cannot work with this store, or not with each other."""
    if store.unreadable:
        return Problem(
            f"the storage configuration cannot be understood: {store.unreadable}",
            f"mend or remove {store.config}",
            id="storage-config",
        )
    if store.configured and store.recorded and store.configured != store.recorded:
        return Problem(
            f'storage.conf says driver "{store.configured}", but podman first used it with'
            f' "{store.recorded}" and keeps that: containers do not find what is built',
            f'set driver = "{store.recorded}" in {store.config}\n'
            "podman system reset  # or this, which deletes all images and containers",
            id="storage-driver-mismatch",
        )
    return None


def incomplete(store: Store) -> Problem | None:
    """What buildah misses in a storage.conf below XDG_CONFIG_HOME, though podman does not."""
    if not store.lacks:
        return None
    values = {"runroot": "/tmp/containers-user-$UID/containers", "graphroot": store.folder}  # noqa: S108
    lines = "\n".join(f'{name} = "{values[name]}"' for name in store.lacks)
    return Problem(
        f"{store.config} does not say {' and '.join(store.lacks)}, which buildah needs where"
        " XDG_CONFIG_HOME is set",
        f"below [storage] in {store.config}:\n{lines}",
        id="storage-config-incomplete",
    )


def _found(folder: Path) -> tuple[str, ...]:
    return tuple(name for name in DRIVERS if os.path.isdir(folder / f"{name}-images"))


def _own_config(environment: Mapping[str, str]) -> Path:
    named = environment.get("CONTAINERS_STORAGE_CONF")
    if named:
        return Path(named)
    home = environment.get("XDG_CONFIG_HOME") or f"{environment.get('HOME', '')}/.config"
    return Path(home, "containers/storage.conf")


def _lacks(config: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    if not environment.get("XDG_CONFIG_HOME") or environment.get("CONTAINERS_STORAGE_CONF"):
        return ()
    try:
        text = config.read_text()
    except OSError:
        return ()
    return tuple(name for name in _ROOTS if not re.search(rf"^\s*{name}\s*=", text, re.MULTILINE))


def _recorded(folder: Path) -> str:
    """The driver by podman's database; "" if there is none."""
    bolt, sqlite = folder / "libpod/bolt_state.db", folder / "db.sql"
    with contextlib.suppress(OSError), bolt.open("rb") as file:
        match = _BOLT_DRIVER.search(file.read(_BOLT_BYTES))
        if match:
            return match[1].decode()
    return _recorded_in_sqlite(sqlite) if os.path.exists(sqlite) else ""


def _recorded_in_sqlite(path: Path) -> str:
    import sqlite3

    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT GraphDriver FROM DBConfig").fetchone()
    except sqlite3.Error:
        return ""
    return str(row[0]) if row else ""

"""The cache index: one SQLite database that may be deleted at any time.

It says which image of the engine's store holds the result of a step; the images themselves, and the
truth about whether they still exist, are the store's.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rootbuild.backend import Layers
from rootbuild.errors import HostError

SCHEMA_VERSION = 3
_SCHEMA = """
CREATE TABLE IF NOT EXISTS steps(
    key TEXT PRIMARY KEY, image TEXT NOT NULL, diff_ids TEXT NOT NULL, groups TEXT NOT NULL,
    used REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS images(
    key TEXT PRIMARY KEY, image TEXT NOT NULL, used REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents(
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, used REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pulled(
    key TEXT PRIMARY KEY, image TEXT NOT NULL, used REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files(
    device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY(device, inode)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A committed state of a stage.

    `groups` tells how many steps each layer above the base image's holds, from the bottom.
    """

    layers: Layers
    groups: tuple[int, ...]


class Cache:
    """An open cache index.

    Every method is safe to call from several builds at once: SQLite's WAL mode serialises writers.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = _open(path)
        self._files: list[tuple[int, int, int, int, int, str]] = []

    def step(self, key: str) -> Snapshot | None:
        """The stored result of the step with that key."""
        row = self._one("SELECT image, diff_ids, groups FROM steps WHERE key = ?", key)
        if row is None:
            return None
        layers = Layers(str(row[0]), tuple(json.loads(row[1])))
        return Snapshot(layers, tuple(json.loads(row[2])))

    def remember_step(self, key: str, snapshot: Snapshot) -> None:
        """Note which image holds the result of a step."""
        layers, groups = snapshot.layers, snapshot.groups
        self._write(
            "INSERT OR REPLACE INTO steps VALUES(?, ?, ?, ?, ?)",
            *(key, layers.image, json.dumps(layers.diff_ids), json.dumps(groups), time.time()),
        )

    def image(self, key: str) -> str | None:
        """The id of the finished image with that key."""
        row = self._one("SELECT image FROM images WHERE key = ?", key)
        return None if row is None else str(row[0])

    def remember_image(self, key: str, image: str) -> None:
        """Note the id of a finished image."""
        self._write("INSERT OR REPLACE INTO images VALUES(?, ?, ?)", key, image, time.time())

    def content(self, key: str) -> str | None:
        """The digest of what a COPY --from takes out of a filesystem, by the key of both."""
        row = self._one("SELECT digest FROM contents WHERE key = ?", key)
        return None if row is None else str(row[0])

    def remember_content(self, key: str, digest: str) -> None:
        """Note the digest of what a COPY --from takes."""
        self._write("INSERT OR REPLACE INTO contents VALUES(?, ?, ?)", key, digest, time.time())

    def pulled(self, key: str) -> str | None:
        """The id of the image that was pulled under that key (its name and platform)."""
        row = self._one("SELECT image FROM pulled WHERE key = ?", key)
        return None if row is None else str(row[0])

    def remember_pulled(self, key: str, image: str) -> None:
        """Note the id of a pulled image."""
        self._write("INSERT OR REPLACE INTO pulled VALUES(?, ?, ?)", key, image, time.time())

    def kept_steps(self) -> dict[str, float]:
        """The ids of the images that hold results of steps, and when each was made (Unix time)."""
        rows = self._database.execute("SELECT image, MAX(used) FROM steps GROUP BY image")
        return {str(image): float(used) for image, used in rows}

    def file_digest(self, key: tuple[int, int, int, int, int]) -> str | None:
        """The digest of a file in the state (device, inode, size, mtime_ns, ctime_ns)."""
        row = self._database.execute(
            "SELECT digest FROM files WHERE device = ? AND inode = ? "
            "AND size = ? AND mtime_ns = ? AND ctime_ns = ?",
            key,
        ).fetchone()
        return None if row is None else str(row[0])

    def remember_file(self, key: tuple[int, int, int, int, int], digest: str) -> None:
        """Note a file's digest; written when the cache is closed."""
        self._files.append((*key, digest))

    def close(self) -> None:
        """Write what is pending and let go of the database."""
        self._database.executemany("INSERT OR REPLACE INTO files VALUES(?,?,?,?,?,?)", self._files)
        self._database.commit()
        self._database.close()

    def _one(self, query: str, key: str) -> tuple[str, ...] | None:
        found: tuple[str, ...] | None = self._database.execute(query, (key,)).fetchone()
        return found

    def _write(self, query: str, *values: str | float) -> None:
        self._database.execute(query, values)
        self._database.commit()


@contextlib.contextmanager
def open_cache(path: Path) -> Iterator[Cache]:
    """The cache index at `path`, made if it is missing and made anew if it is damaged.

    Raises HostError when the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        cache = _fresh(path)
    except (OSError, sqlite3.OperationalError) as error:
        raise HostError(
            f"cannot keep a cache in {path.parent}: {error}",
            id="cache-folder",
            hint="make that folder writable, or set XDG_CACHE_HOME to one that is",
        ) from error
    with contextlib.closing(cache):
        yield cache


def _fresh(path: Path) -> Cache:
    try:
        return Cache(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        # Damaged, or written by another version: it only holds what can be found out again.
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{path}{suffix}")
        return Cache(path)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version not in (0, SCHEMA_VERSION):
            raise sqlite3.DatabaseError(f"schema {version}")
        if version == 0:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            database.commit()
        database.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        database.close()
        raise
    return database

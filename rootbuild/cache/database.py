"""The cache index: one SQLite database that may be deleted at any time.

It says which image of the engine's store holds the result of a step; the images themselves, and the
truth about whether they still exist, are the store's.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rootbuild.backend import Layers
from rootbuild.errors import HostError
from rootbuild.records import dataclass

SCHEMA_VERSION = 7
_SCHEMA = """
CREATE TABLE IF NOT EXISTS steps(
    key TEXT PRIMARY KEY, image TEXT NOT NULL, diff_ids TEXT NOT NULL, groups TEXT NOT NULL,
    used REAL NOT NULL, about TEXT NOT NULL DEFAULT ''
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
CREATE TABLE IF NOT EXISTS memos(
    key TEXT PRIMARY KEY, memo TEXT NOT NULL, used REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files(
    device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, digest TEXT NOT NULL,
    used REAL NOT NULL DEFAULT 0, PRIMARY KEY(device, inode)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs(
    stage TEXT NOT NULL, key TEXT NOT NULL, record BLOB NOT NULL, used REAL NOT NULL,
    PRIMARY KEY(stage, key)
);
CREATE TABLE IF NOT EXISTS inventories(
    digest TEXT PRIMARY KEY, entries BLOB NOT NULL, used REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS turns(
    name TEXT PRIMARY KEY, taken REAL NOT NULL
) WITHOUT ROWID;
"""
# What makes this version's tables of the last one's, so that nothing has to be built again.
_FROM_6 = (
    "ALTER TABLE steps ADD COLUMN about TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE files ADD COLUMN used REAL NOT NULL DEFAULT 0",
)

_VALUES = {
    "images": "SELECT image FROM images WHERE key = ?",
    "contents": "SELECT digest FROM contents WHERE key = ?",
    "pulled": "SELECT image FROM pulled WHERE key = ?",
}
_FILES = (
    "SELECT inode, size, mtime_ns, ctime_ns, digest FROM files WHERE device = ? AND inode IN ({})"
)

FileState = tuple[int, int, int, int, int]
"""(device, inode, size, mtime_ns, ctime_ns)"""

FRESH_SECONDS = 86400.0
"""How long a time of last use may be off: so seldom does a build with nothing to do write one."""

# What is kept only to explain later builds.
RUNS_PER_STAGE = 3
MOST_RUNS = 500
MOST_INVENTORY_BYTES = 32 << 20


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
    Threads of one build share the connection, one at a time. `answers` are the values that were
    asked for and found, or noted since: (table, key) -> value.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = _open(path)
        self._lock = threading.Lock()
        self.answers: dict[tuple[str, str], str] = {}
        self._files: list[tuple[int, int, int, int, int, str]] = []

    def step(self, key: str) -> Snapshot | None:
        """The stored result of the step with that key."""
        row = self._one("SELECT image, diff_ids, groups FROM steps WHERE key = ?", key)
        if row is None:
            return None
        layers = Layers(str(row[0]), tuple(json.loads(row[1])))
        return Snapshot(layers, tuple(json.loads(row[2])))

    def remember_step(self, key: str, snapshot: Snapshot, about: str = "") -> None:
        """Note which image holds the result of a step; `about` is how people know the step."""
        layers, groups = snapshot.layers, snapshot.groups
        row = (key, layers.image, json.dumps(layers.diff_ids), json.dumps(groups), time.time())
        self._write("INSERT OR REPLACE INTO steps VALUES(?, ?, ?, ?, ?, ?)", *row, about)

    @property
    def without_images(self) -> bool:
        """Whether no finished image is known, as in a new cache."""
        return self._one("SELECT 1 FROM images LIMIT 1") is None

    def image(self, key: str) -> str | None:
        """The id of the finished image with that key."""
        return self.answer("images", key)

    def remember_image(self, key: str, image: str) -> None:
        """Note the id of a finished image."""
        self.answers["images", key] = image
        self._write("INSERT OR REPLACE INTO images VALUES(?, ?, ?)", key, image, time.time())

    def content(self, key: str) -> str | None:
        """The digest of what a COPY --from takes out of a filesystem, by the key of both."""
        return self.answer("contents", key)

    def remember_content(self, key: str, digest: str) -> None:
        """Note the digest of what a COPY --from takes."""
        self.answers["contents", key] = digest
        self._write("INSERT OR REPLACE INTO contents VALUES(?, ?, ?)", key, digest, time.time())

    def pulled(self, key: str) -> str | None:
        """The id of the image that was pulled under that key (its name and platform)."""
        return self.answer("pulled", key)

    def remember_pulled(self, key: str, image: str) -> None:
        """Note the id of a pulled image."""
        self.answers["pulled", key] = image
        self._write("INSERT OR REPLACE INTO pulled VALUES(?, ?, ?)", key, image, time.time())

    def runs(self, stage: str) -> list[bytes]:
        """The records of how a stage was built, the latest first."""
        query = "SELECT record FROM runs WHERE stage = ? ORDER BY used DESC"
        with self._lock:
            return [bytes(row[0]) for row in self._database.execute(query, (stage,))]

    def remember_run(self, stage: str, key: str, record: bytes) -> None:
        """Keep a record of how a stage was built; few are kept of each stage, and not many in all.

        One with the same key is replaced. A full disk is no reason to fail.
        """
        older = "DELETE FROM runs WHERE rowid IN (SELECT rowid FROM runs {} ORDER BY used DESC {})"
        limit = "LIMIT -1 OFFSET ?"
        with self._lock, contextlib.suppress(sqlite3.OperationalError), self._database:
            row = (stage, key, record, time.time())
            self._database.execute("INSERT OR REPLACE INTO runs VALUES(?, ?, ?, ?)", row)
            self._database.execute(older.format("WHERE stage = ?", limit), (stage, RUNS_PER_STAGE))
            self._database.execute(older.format("", limit), (MOST_RUNS,))

    def inventory(self, digest: str) -> bytes | None:
        """The inventory of the files that have a digest together."""
        query = "SELECT entries FROM inventories WHERE digest = ?"
        with self._lock:
            row = self._database.execute(query, (digest,)).fetchone()
        return None if row is None else bytes(row[0])

    def remember_inventory(self, digest: str, entries: bytes | None) -> None:
        """Keep an inventory, or just note that it was of use; of old ones some are forgotten."""
        with self._lock, contextlib.suppress(sqlite3.OperationalError), self._database:
            now = time.time()
            if entries is not None:
                row = (digest, entries, now)
                self._database.execute("INSERT OR REPLACE INTO inventories VALUES(?, ?, ?)", row)
            self._database.execute(
                "UPDATE inventories SET used = ? WHERE digest = ?", (now, digest)
            )
            self._database.execute(
                "DELETE FROM inventories WHERE digest IN (SELECT digest FROM (SELECT digest, "
                "SUM(LENGTH(entries)) OVER (ORDER BY used DESC, digest) AS total FROM inventories) "
                "WHERE total > ?)",
                (MOST_INVENTORY_BYTES,),
            )

    def answer(self, table: str, key: str) -> str | None:
        """As `image`, `content` and `pulled`, by the name of the table."""
        row = self._one(_VALUES[table], key)
        if row is None:
            return None
        self.answers[table, key] = str(row[0])
        return str(row[0])

    def memo(self, key: str) -> str | None:
        """What is remembered of a whole build; nothing once a day, so that it is looked at in full.

        That is when the times of last use of all that it stands on are noted.
        """
        now = time.time()
        query = "SELECT memo FROM memos WHERE key = ? AND used BETWEEN ? AND ?"
        row = self._one(query, key, now - FRESH_SECONDS, now + FRESH_SECONDS)
        return None if row is None else str(row[0])

    def remember_memo(self, key: str, memo: str) -> None:
        """Note a whole build."""
        self._write("INSERT OR REPLACE INTO memos VALUES(?, ?, ?)", key, memo, time.time())

    def file_digests(self, keys: Sequence[FileState]) -> list[str | None]:
        """The digests of files in just those states, by one query for each device.

        Not more than 900 files: old versions of SQLite take no more values.
        """
        found: dict[FileState, str] = {}
        asked = [(_signed(key[0]), _signed(key[1]), *key[2:]) for key in keys]
        for device in {key[0] for key in asked}:
            inodes = [key[1] for key in asked if key[0] == device]
            query = _FILES.format(",".join("?" * len(inodes)))
            with self._lock:
                rows = self._database.execute(query, (device, *inodes)).fetchall()
            for inode, size, mtime, ctime, digest in rows:
                found[device, inode, size, mtime, ctime] = digest
        return [found.get(key) for key in asked]

    def remember_file(self, key: FileState, digest: str) -> None:
        """Note a file's digest; written when the cache is closed."""
        self._files.append((_signed(key[0]), _signed(key[1]), *key[2:], digest))

    def close(self) -> None:
        """Write what is pending and let go of the database."""
        if self._files:
            insert = "INSERT OR REPLACE INTO files VALUES(?,?,?,?,?,?,?)"
            now = time.time()
            self._database.executemany(insert, ((*row, now) for row in self._files))
            self._database.commit()
        self._database.close()

    @contextlib.contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """The database, for changes that are made together or not at all."""
        with self._lock, self._database:
            yield self._database

    def _one(self, query: str, *key: str | float) -> tuple[str, ...] | None:
        with self._lock:
            found: tuple[str, ...] | None = self._database.execute(query, key).fetchone()
        return found

    def _write(self, query: str, *values: str | float) -> None:
        with self._lock:
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


def _signed(number: int) -> int:
    """SQLite's integers have a sign; inodes of overlay filesystems may use the bit that has it."""
    return number if number < 1 << 63 else number - (1 << 64)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        if _version(database) != SCHEMA_VERSION:
            _prepare(database)
        database.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        database.close()
        raise
    return database


def _version(database: sqlite3.Connection) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)


def _prepare(database: sqlite3.Connection) -> None:
    """Make the tables, or change those of the version before. Another process may do so as well."""
    database.execute("PRAGMA journal_mode = WAL")
    with database:
        database.execute("BEGIN IMMEDIATE")
        version = _version(database)
        if version not in (0, SCHEMA_VERSION - 1, SCHEMA_VERSION):
            raise sqlite3.DatabaseError(f"schema {version}")
        for statement in _FROM_6 if version == SCHEMA_VERSION - 1 else ():
            database.execute(statement)
        for statement in _SCHEMA.split(";"):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

"""Keeping the cache index in order: when what was last used, and no table that grows for ever."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from rootbuild.cache.database import FRESH_SECONDS, Cache, open_cache
from rootbuild.errors import HostError
from rootbuild.records import dataclass

MOST_ROWS = {
    "steps": 50_000,
    "images": 20_000,
    "contents": 50_000,
    "pulled": 5_000,
    "memos": 1_000,
    "files": 500_000,
}
"""How many rows a table has at most: the least recently used go."""
DEAD_SECONDS = 7 * 86400.0
"""How long a row is kept whose image is gone: it explains why a step has to run again."""
GROWTH_SECONDS = 3600.0
"""How seldom somebody looks how large the cache is."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class KeptImage:
    """An image that builds have made: its id, when it was last of use, which step's result it is.

    It is the result of a `step`, or of a whole build (`finished`), or of both.
    """

    image: str
    used: float
    about: str = ""
    step: bool = True
    finished: bool = False


def touch(cache: Cache, steps: Iterable[str]) -> None:
    """Note that steps (by their keys) are of use now, and all that the cache was asked for.

    What has a time of today is left as it is; nothing is written if all have.
    """
    now = time.time()
    wanted = {"steps": list(steps)}
    for table, key in cache.answers:
        wanted.setdefault(table, []).append(key)
    with cache.changing() as database:
        for table, keys in wanted.items():
            stale = list(_stale(database, table, keys, now))
            if stale:
                rows = ((now, key) for key in stale)
                database.executemany(f"UPDATE {table} SET used = ? WHERE key = ?", rows)


def kept_images(cache: Cache) -> list[KeptImage]:
    """The images that builds have made, be they in the store or not; each once."""
    found: dict[str, KeptImage] = {}
    with cache.changing() as database:
        steps = database.execute("SELECT image, used, about FROM steps ORDER BY used")
        for image, used, about in steps.fetchall():
            earlier = found.get(image)
            found[image] = KeptImage(image, used, about or (earlier.about if earlier else ""))
        for image, used in database.execute("SELECT image, MAX(used) FROM images GROUP BY image"):
            step = found.get(image, KeptImage(image, used, step=False))
            last = max(used, step.used)
            found[image] = KeptImage(image, last, step.about, step.step, finished=True)
    return list(found.values())


def take_turn(cache: Cache, name: str, seconds: float) -> bool:
    """Whether nobody has done something for so long; it counts as done then, so do it."""
    now = time.time()
    with cache.changing() as database:
        database.execute("BEGIN IMMEDIATE")
        row = database.execute("SELECT taken FROM turns WHERE name = ?", (name,)).fetchone()
        if row is not None and 0 <= now - row[0] < seconds:
            return False
        database.execute("INSERT OR REPLACE INTO turns VALUES(?, ?)", (name, now))
    return True


def growth_is_due(path: Path) -> bool:
    """Whether it is time to look how large the cache is; others need not then. HostError."""
    try:
        with open_cache(path) as cache:
            return take_turn(cache, "growth", GROWTH_SECONDS)
    except sqlite3.Error as error:
        raise HostError(str(error), id="cache-folder") from error


def tidy(cache: Cache, live: Collection[str], most: dict[str, int] = MOST_ROWS) -> None:
    """Forget rows whose images are not among the `live` ones and that are old, and too many rows.

    Another store may have what this one does not, so nothing is forgotten at once.
    """
    old = time.time() - DEAD_SECONDS
    with cache.changing() as database:
        for table in ("steps", "images", "pulled"):
            query = f"SELECT key, image FROM {table} WHERE used < ?"
            rows = database.execute(query, (old,)).fetchall()
            dead = [(key,) for key, image in rows if image not in live]
            database.executemany(f"DELETE FROM {table} WHERE key = ?", dead)
        for table, count in most.items():
            _shorten(database, table, count)


def _stale(
    database: sqlite3.Connection, table: str, keys: Sequence[str], now: float
) -> Iterator[str]:
    """Those of some keys whose time is not of today, or lies in the future."""
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        marks = ",".join("?" * len(part))
        query = f"SELECT key FROM {table} WHERE key IN ({marks}) AND NOT used BETWEEN ? AND ?"
        rows = database.execute(query, (*part, now - FRESH_SECONDS, now + FRESH_SECONDS))
        yield from (key for (key,) in rows.fetchall())


def _shorten(database: sqlite3.Connection, table: str, most: int) -> None:
    """Forget the least recently used rows of a table that has too many."""
    (count,) = database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
    if count > most:
        key = "device, inode" if table == "files" else "key"
        rows = f"SELECT {key} FROM {table} ORDER BY used LIMIT ?"
        database.execute(f"DELETE FROM {table} WHERE ({key}) IN ({rows})", (count - most,))

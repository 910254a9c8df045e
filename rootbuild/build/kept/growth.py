"""Keeping the cache from growing for ever, without being asked: once in a while, after a build."""

from __future__ import annotations

import sqlite3
import time

from rootbuild.build.kept.entry import Entry, total
from rootbuild.build.kept.limit import KEY, limit
from rootbuild.build.kept.pantry import Pantry, Pruned
from rootbuild.build.kept.rules import Rules, Space
from rootbuild.cache.database import open_cache
from rootbuild.cache.upkeep import tidy
from rootbuild.errors import HostError
from rootbuild.host.settings import Settings

NEW_SECONDS = 3600.0
"""For how long a finished image stays that nobody has given a name: its user may know its id."""
LEEWAY = 10
"""By how many percent what is left is smaller than it need be, so that it lasts for a while."""


def bound(pantry: Pantry, orders: Settings) -> Pruned:
    """Make the cache smaller if it is larger than it may be. Raises HostError."""
    try:
        return _bound(pantry, orders)
    except (OSError, sqlite3.Error) as error:
        raise HostError(str(error), id="cache-folder") from error


def _bound(pantry: Pantry, orders: Settings) -> Pruned:
    order = orders.get(KEY)
    most = limit(*(order.value, order.source) if order else ("", ""), pantry.place())
    with open_cache(pantry.folders.cache / "cache.db") as cache:
        tidy(cache, {image.id for image in pantry.backend.images()})
    if most is None or total(pantry.entries()) <= most:
        return Pruned((), 0)
    now = time.time()

    def old(entry: Entry) -> bool:
        return not (entry.finished and now - entry.used < NEW_SECONDS)

    space = Space(most=most - most * LEEWAY // 100)
    return pantry.prune(Rules(everything=True, tests=(old,), space=space))

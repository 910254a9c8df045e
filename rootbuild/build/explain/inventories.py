"""The inventories of what steps take, made along with its digests."""

from __future__ import annotations

import threading

from rootbuild.cache.records import Records
from rootbuild.files.digest import DigestCache
from rootbuild.files.inventory import Inventory
from rootbuild.files.selection import Selection


class Inventories:
    """What this build has found that steps take, by digests. It is kept if a step runs with it."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._found: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def digest(self, selection: Selection, known: DigestCache | None, *, owners: bool) -> str:
        """As `Selection.digest`; what it is made of is noted."""
        inventory = Inventory()
        digest = selection.digest(known, owners=owners, inventory=inventory)
        with self._lock:
            self._found.setdefault(digest, inventory.finish())
        return digest

    def find(self, digest: str) -> bytes | None:
        """What has a digest, in this build or an earlier one."""
        with self._lock:
            found = self._found.get(digest)
        return found or self._records.inventory(digest)

    def keep(self, digest: str) -> None:
        """Remember what has a digest for later builds."""
        with self._lock:
            found = self._found.get(digest)
        if found and self._records.inventory(digest) is None:
            self._records.remember_inventory(digest, found)

"""What is remembered to explain later builds: the newest only, as it is of use for nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.cache.database import Cache

OF_ONE_STAGE = 3
OF_ALL_STAGES = 1000
INVENTORY_BYTES = 32 << 20


class Records:
    """Records of stages, and inventories of what steps took, as bytes that others understand."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def stage(self, stage: str) -> Sequence[bytes]:
        """The records of a stage, the newest first."""
        query = "SELECT record FROM records WHERE stage = ? ORDER BY number DESC"
        return [bytes(row[0]) for row in self._cache.rows(query, stage)]

    def remember_stage(self, stage: str, record: bytes) -> None:
        """Keep a record; older ones are dropped."""
        self._cache.write(
            ("INSERT INTO records(stage, record) VALUES(?, ?)", (stage, record)),
            (
                "DELETE FROM records WHERE stage = ? AND number NOT IN "
                "(SELECT number FROM records WHERE stage = ? ORDER BY number DESC LIMIT ?)",
                (stage, stage, OF_ONE_STAGE),
            ),
            (
                "DELETE FROM records WHERE number <= (SELECT max(number) FROM records) - ?",
                (OF_ALL_STAGES,),
            ),
        )

    def inventory(self, digest: str) -> bytes | None:
        """The inventory of what has that digest."""
        for row in self._cache.rows("SELECT data FROM inventories WHERE digest = ?", digest):
            return bytes(row[0])
        return None

    def remember_inventory(self, digest: str, data: bytes) -> None:
        """Keep an inventory, unless it is very large; the oldest make room for it."""
        if len(data) > INVENTORY_BYTES // 4:
            return
        self._cache.write(
            ("INSERT OR REPLACE INTO inventories(digest, data) VALUES(?, ?)", (digest, data)),
            (
                "DELETE FROM inventories WHERE number IN (SELECT number FROM (SELECT number, "
                "sum(length(data)) OVER (ORDER BY number DESC) AS together FROM inventories) "
                "WHERE together > ?)",
                (INVENTORY_BYTES,),
            ),
        )

"""How layers come out when they are compressed, as the cache index knows it."""

from __future__ import annotations

from rootbuild.cache.database import Cache
from rootbuild.plan.keys import key
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Remembered:
    """See `registry.Known`."""

    cache: Cache

    def get(self, name: str) -> str | None:
        """Digest and size of a layer that was compressed before."""
        return self.cache.content(key("blob", name))

    def put(self, name: str, value: str) -> None:
        """Note them."""
        self.cache.remember_content(key("blob", name), value)

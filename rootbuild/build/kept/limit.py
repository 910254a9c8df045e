"""How large the cache may get until it is made smaller: what is ordered, or a share of the disk."""

from __future__ import annotations

import os
from pathlib import Path

from rootbuild.dockerfile.sizes import ram_in_bytes
from rootbuild.errors import HostError

KEY = "cache-limit"
SHARE = 10
LEAST = 5 << 30
MOST = 100 << 30
_NONE = ("off", "none", "false", "no")


def limit(order: str, source: str, place: Path) -> int | None:
    """Bytes; None if there is no limit. `place` is on the disk that counts. Raises HostError.

    An order is a size, a share of the disk such as `25%`, or `off`.
    """
    if not order:
        return min(max(_size(place) * SHARE // 100, LEAST), MOST)
    if order.lower() in _NONE:
        return None
    number = order.removesuffix("%")
    try:
        if number != order:
            return int(_size(place) * float(number) / 100)
        return ram_in_bytes(order)
    except (ValueError, OverflowError) as error:
        raise HostError(
            f"{source} is no limit for the cache: {order}",
            id="bad-config",
            hint="a size (20GB), a share of the disk (25%), or off",
        ) from error


def _size(place: Path) -> int:
    while not place.exists():
        place = place.parent
    found = os.statvfs(place)
    return found.f_blocks * found.f_frsize

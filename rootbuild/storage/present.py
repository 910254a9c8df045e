"""Which layers a store has, by their uncompressed digests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rootbuild.storage.index import entries
from rootbuild.storage.layers import incomplete


def present_layers(stores: Sequence[tuple[Path, str]]) -> frozenset[str]:
    """The diff ids; `stores` are as `Index.stores` gives them."""
    return frozenset(
        str(entry.get("diff-digest"))
        for root, driver in stores
        for entry in entries(root / f"{driver}-layers" / "layers.json")
        if not incomplete(entry)
    )

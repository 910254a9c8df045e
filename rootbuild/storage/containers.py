"""Containers that are written down in the engine's store."""

from __future__ import annotations

from rootbuild.storage.index import Index, entries, strings


def has_container(index: Index, name: str) -> bool:
    """Whether there is one of that name or whole id. Raises UnknownLayoutError."""
    root, driver = index.stores()[0]
    found = entries(root / f"{driver}-containers" / "containers.json")
    return any(name == each.get("id") or name in strings(each.get("names")) for each in found)

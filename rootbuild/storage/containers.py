"""Containers that are written down in the engine's store."""

from __future__ import annotations

from rootbuild.storage.index import Index, entries, strings


def container_id(index: Index, name: str) -> str | None:
    """The id of the container of that name or whole id. Raises UnknownLayoutError."""
    root, driver = index.stores()[0]
    for entry in entries(root / f"{driver}-containers" / "containers.json"):
        if name == entry.get("id") or name in strings(entry.get("names")):
            return str(entry["id"])
    return None

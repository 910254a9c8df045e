"""podman's JSON lists as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rootbuild.backend import StoredContainer, StoredImage


def images(text: bytes) -> tuple[StoredImage, ...]:
    """`podman images --format=json`, which may repeat an image for each of its names."""
    found: dict[str, StoredImage] = {}
    for row in _rows(text):
        image = StoredImage(
            id=str(row["Id"]),
            names=_strings(row.get("Names")),
            digest=str(row.get("Digest", "")),
            created=str(row.get("CreatedAt", "")),
            size=int(row.get("Size", -1)),
        )
        found.setdefault(image.id, image)
    return tuple(found.values())


def containers(text: bytes) -> tuple[StoredContainer, ...]:
    """`podman ps --format=json`."""
    return tuple(
        StoredContainer(
            id=str(row["Id"]),
            names=_strings(row.get("Names")),
            status=str(row.get("State", "")),
            networks=_strings(row.get("Networks")),
        )
        for row in _rows(text)
    )


def networks(text: bytes) -> tuple[tuple[str, str], ...]:
    """`podman network ls --format=json`; podman 3 and CNI write other letters."""
    return tuple(
        (str(row.get("id") or row.get("ID", "")), str(row.get("name") or row.get("Name", "")))
        for row in _rows(text)
    )


def volumes(text: bytes) -> tuple[str, ...]:
    """`podman volume ls --format=json`."""
    return tuple(str(row["Name"]) for row in _rows(text))


def _rows(text: bytes) -> Iterator[dict[str, Any]]:
    """The objects of a list; podman writes nothing, or null, for an empty one."""
    yield from (json.loads(text) if text.strip() else None) or ()


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()

"""The finished image as progress and history show it: its size and its layers'."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rootbuild.backend import Backend
from rootbuild.progress.findings import Built, Layer
from rootbuild.storage.index import Index, UnknownLayoutError


def describe(backend: Backend, image: str, names: Sequence[str]) -> Built:
    """An image of the store, whose index of layers is read for it.

    What cannot be found out is left open: the image is there anyway.
    """
    try:
        config = json.loads(backend.config(image))
        found = Index().layers(image)
        lines = [line for line in config.get("history", ()) if not line.get("empty_layer")]
    except (UnknownLayoutError, KeyError, ValueError, AttributeError, OSError):
        return Built(image, tuple(names))
    if len(lines) != len(found):
        lines = [{}] * len(found)
    layers = tuple(
        Layer(str(line.get("created_by", "")), size)
        for line, size in zip(lines, found, strict=True)
    )
    return Built(image, tuple(names), sum(found), layers)

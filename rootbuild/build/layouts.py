"""Images out of OCI layouts, known by their ids, so that the store is asked before the engine."""

from __future__ import annotations

from rootbuild.backend import Backend
from rootbuild.build.vertices import Vertices
from rootbuild.image.layout import find_in_layout, parse_layout
from rootbuild.image.platform import Platform


def load_layout(reference: str, platform: Platform, backend: Backend, vertices: Vertices) -> str:
    """Bring the image of a layout into the store; gives its id. Raises ImageNotFoundError."""
    image = find_in_layout(reference, platform)
    with vertices.open(f"[internal] load {reference}"):
        return backend.load(parse_layout(reference).folder, image.manifest)

"""Images that the store takes out of a layout that lacks the layers which the store has.

By this an image gets a manifest of its own, or other layers, without any of its content being
written again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.image.config import Pairs
from rootbuild.image.manifest import Descriptor, config, layer_type, manifest
from rootbuild.outputs.image import Blob


def load_bare(
    backend: Backend, place: Path, data: bytes, layers: Sequence[Blob], annotations: Pairs
) -> str:
    """Have the store take the image with that config and those layers; gives its id.

    Layers that it does not have lie in the layout at `place` already.
    """
    blobs = place / "blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    settings = config(data, oci=True)
    found = [
        Descriptor(layer_type(each.compression, oci=True), each.digest, each.size)
        for each in layers
    ]
    document = manifest(settings.descriptor, found, annotations, oci=True)
    for each in (settings, document):
        (blobs / each.descriptor.digest.partition(":")[2]).write_bytes(each.data)
    return backend.load(place, document.descriptor.digest)

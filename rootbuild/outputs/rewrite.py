"""`rewrite-timestamp=true`: layers whose files bear no date later than the build's.

Each layer is written again as we write layers ourselves, whichever engine made it. Layers of the
base image stay as they are.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from rootbuild.backend import Backend
from rootbuild.image.tarheader import BLOCK
from rootbuild.outputs.bare import load_bare
from rootbuild.outputs.compress import Compressor
from rootbuild.outputs.image import Blob
from rootbuild.outputs.layers import Image, entries
from rootbuild.records import replace
from rootbuild.storage.contents import StoredLayer


def rewritten(backend: Backend, image: Image, base: int, date: int, room: Path) -> str:
    """The id of the image with its layers above the `base` lowest ones dated so (seconds).

    `room` is a folder where the new layers may lie meanwhile. Raises OSError, HostError.
    """
    with TemporaryDirectory(prefix="rewritten-", dir=room) as folder:
        place = Path(folder)
        layers = [
            Blob("uncompressed", layer.diff_id, layer.size)
            if number < base
            else rewrite_layer(layer, date, place)
            for number, layer in enumerate(image.layers)
        ]
        content = json.loads(image.config)
        content["rootfs"] = {**content["rootfs"], "diff_ids": [each.digest for each in layers]}
        config = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
        return load_bare(backend, place, config, layers, ())


def rewrite_layer(layer: StoredLayer, date: int, place: Path) -> Blob:
    """Write a layer anew into a layout."""
    blobs = place / "blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    new = blobs / "new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with Compressor(descriptor) as sink:
            for entry in entries(layer):
                header = entry.header
                sink.write(replace(header, mtime=min(header.mtime, date)).encode())
                entry.content(sink)
                sink.write(bytes(-header.size % BLOCK))
            sink.write(bytes(2 * BLOCK))
            written = sink.finish()
    finally:
        os.close(descriptor)
    new.rename(blobs / written.digest.partition(":")[2])
    return Blob("uncompressed", written.digest, written.size)

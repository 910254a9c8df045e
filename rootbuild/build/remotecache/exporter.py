"""Writing a cache: layers that are not there yet, the document, a manifest, and last its tag."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.build.halt import Halt
from rootbuild.build.remotecache.gather import Gathered
from rootbuild.build.remotecache.imported import Imported
from rootbuild.build.remotecache.places import Place
from rootbuild.build.remotecache.record import CONFIG, Blob, dump
from rootbuild.build.remotecache.request import CacheTarget
from rootbuild.build.vertices import Vertex
from rootbuild.cache.database import Cache, Snapshot
from rootbuild.errors import HostError
from rootbuild.image.config import parse_config
from rootbuild.image.manifest import Descriptor, describe, layer_type
from rootbuild.outputs.compress import compressor
from rootbuild.outputs.layers import damaged, find_image, write_layer
from rootbuild.plan.keys import key
from rootbuild.records import dataclass, replace
from rootbuild.registry.client import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from rootbuild.storage.contents import StoredLayer

_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Export:
    """One cache on its way to one place. `scratch` is a folder for what has to be compressed."""

    target: CacheTarget
    place: Place
    backend: Backend
    cache: Cache
    imported: Imported
    live: frozenset[str]
    scratch: Path
    halt: Halt

    def write(self, found: Gathered, mounts: Mapping[str, Blob], vertex: Vertex) -> str:
        """Write it under the target's tag; gives the manifest's digest.

        Raises RegistryError, HostError.
        """
        stored = self._stored(found)
        wanted = dict.fromkeys(
            diff_id for each in found.steps.values() for diff_id in each.layers.diff_ids
        )
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            work = {each: pool.submit(self._layer, each, stored, vertex) for each in wanted}
            try:
                blobs = {each: future.result() for each, future in work.items()}
            except BaseException:
                self.halt.press()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        record = replace(found.record(), blobs=blobs, mounts=mounts)
        document = dump(record)
        settings = describe(document, CONFIG)
        self._put(document, settings.digest)
        layers = [
            Descriptor(each.media_type, each.digest, each.size)
            for each in (*blobs.values(), *mounts.values())
        ]
        body, media_type = _manifest(self.target, settings, layers)
        return self.place.publish(self.target.tag, body, media_type)

    def _stored(self, found: Gathered) -> dict[str, StoredLayer]:
        """The layers that the store has, by diff id."""
        stored: dict[str, StoredLayer] = {}
        for snapshot in found.steps.values():
            if self._lacks(snapshot, stored):
                image = find_image(
                    self.backend, snapshot.layers.image, lambda blob: parse_config(blob).diff_ids
                )
                stored.update((layer.diff_id, layer) for layer in image.layers)
        return stored

    def _lacks(self, snapshot: Snapshot, stored: Mapping[str, StoredLayer]) -> bool:
        layers = snapshot.layers
        return layers.image in self.live and any(each not in stored for each in layers.diff_ids)

    def _layer(self, diff_id: str, stored: Mapping[str, StoredLayer], vertex: Vertex) -> Blob:
        """See that a layer is there, in one form or another."""
        self.halt.check()
        kept = self.imported.blobs.get(diff_id)
        suits = kept is not None and (not self.target.force or self._fits(kept.blob))
        if kept is not None and (suits or diff_id not in stored):
            self.place.adopt(kept.blob.digest, kept.blob.size, kept.place)
            return self._typed(kept.blob)
        if diff_id not in stored:
            raise HostError(
                f"layer {diff_id} was removed from the store while the build went on",
                id="image-removed",
                hint="start the build again",
            )
        known = self._remembered(diff_id)
        if known is not None and self.place.has(known.digest):
            return known
        blob = self._sent(stored[diff_id])
        vertex.status(f"writing layer {blob.digest} {blob.size}B done")
        return blob

    def _sent(self, layer: StoredLayer) -> Blob:
        file = self.scratch / layer.diff_id.partition(":")[2]
        try:
            with (
                file.open("wb") as stream,
                compressor(self.target.compression, self.target.level, stream.fileno()) as packer,
            ):
                write_layer(layer, packer)
                written = packer.finish()
            if written.content != layer.diff_id:
                raise damaged(layer.diff_id, "its content has changed")
            self.halt.check()
            if not self.place.has(written.digest):
                self.place.put(file, written.digest)
        finally:
            file.unlink(missing_ok=True)
        self.cache.remember_content(self._key(layer.diff_id), f"{written.digest} {written.size}")
        return Blob(written.digest, written.size, self._media_type(self.target.compression))

    def _remembered(self, diff_id: str) -> Blob | None:
        """How the layer came out when it was compressed before."""
        found = self.cache.content(self._key(diff_id))
        if found is None:
            return None
        digest, _, size = found.partition(" ")
        return Blob(digest, int(size), self._media_type(self.target.compression))

    def _key(self, diff_id: str) -> str:
        form = (self.target.compression, str(self.target.level), zlib.ZLIB_RUNTIME_VERSION)
        return key("blob", diff_id, *form)

    def _fits(self, blob: Blob) -> bool:
        return _compression(blob) == self.target.compression

    def _typed(self, blob: Blob) -> Blob:
        return replace(blob, media_type=self._media_type(_compression(blob)))

    def _media_type(self, compression: str) -> str:
        return layer_type(compression, oci=self.target.oci or compression == "zstd")

    def _put(self, data: bytes, digest: str) -> None:
        if not self.place.has(digest):
            file = self.scratch / "document"
            file.write_bytes(data)
            self.place.put(file, digest)
            file.unlink()


def _compression(blob: Blob) -> str:
    for kind in ("gzip", "zstd"):
        if blob.media_type.endswith(kind):
            return kind
    return "uncompressed"


def _manifest(
    target: CacheTarget, settings: Descriptor, layers: list[Descriptor]
) -> tuple[bytes, str]:
    """As an image would be described; or, with image-manifest=false, an index of blobs."""
    if target.image_manifest:
        media_type = OCI_MANIFEST if target.oci else DOCKER_MANIFEST
        parts: dict[str, object] = {
            "config": settings.document(),
            "layers": [each.document() for each in layers],
        }
    else:
        media_type = OCI_INDEX if target.oci else DOCKER_LIST
        parts = {"manifests": [each.document() for each in (*layers, settings)]}
    content = {"schemaVersion": 2, "mediaType": media_type, **parts}
    return json.dumps(content, separators=(",", ":")).encode(), media_type

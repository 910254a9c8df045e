"""Layers out of caches, brought into the store: those that it lacks are fetched, and no others."""

from __future__ import annotations

import hashlib
import json
import lzma
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.build.halt import Halt
from rootbuild.build.remotecache.ending import Ending
from rootbuild.build.remotecache.imported import Imported, Kept, bare_config
from rootbuild.build.vertices import Vertices
from rootbuild.context.scratch import scratch
from rootbuild.errors import EngineError, RegistryError
from rootbuild.files.archive.compression import decompressed
from rootbuild.image.manifest import Descriptor, Document, config, layer_type, manifest
from rootbuild.registry import failures
from rootbuild.storage.index import Index, UnknownLayoutError
from rootbuild.storage.present import present_layers

_AT_ONCE = 3
_PIECE = 1 << 18
_LAYOUT = '{"imageLayoutVersion":"1.0.0"}'


def bring(
    diff_ids: tuple[str, ...],
    imported: Imported,
    backend: Backend,
    folder: Path,
    vertices: Vertices,
    ending: Ending,
) -> None:
    """Make the image that is nothing but these layers. Raises RegistryError, HostError."""
    with scratch(folder / "scratch") as place:
        known = _known()
        try:
            _load(place, diff_ids, known, imported, backend, vertices, ending)
        except EngineError:
            if not known:
                raise
            # Somebody has removed layers meanwhile, or the index is not what the engine goes by.
            _load(place, diff_ids, frozenset(), imported, backend, vertices, ending)


def _known() -> frozenset[str]:
    try:
        return present_layers(Index().stores())
    except UnknownLayoutError:
        return frozenset()


def _load(
    place: Path,
    diff_ids: tuple[str, ...],
    known: frozenset[str],
    imported: Imported,
    backend: Backend,
    vertices: Vertices,
    ending: Ending,
) -> None:
    blobs = place / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    missing = [each for each in dict.fromkeys(diff_ids) if each not in known]
    if missing:
        with vertices.open(f"loading {_layers(missing)} from the cache") as vertex:
            fetch(missing, imported, blobs, ending)
            size = sum(imported.blobs[each].blob.size for each in missing)
            vertex.status(f"{size}B in {_layers(missing)} done")
    layers = [_descriptor(each, imported if each in missing else None) for each in diff_ids]
    settings = config(bare_config(diff_ids), oci=True)
    document = manifest(settings.descriptor, layers, (), oci=True)
    for each in (settings, document):
        (blobs / _hex(each)).write_bytes(each.data)
    (place / "oci-layout").write_text(_LAYOUT)
    (place / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": []}))
    backend.load(place, document.descriptor.digest)


def fetch(missing: Sequence[str], imported: Imported, blobs: Path, ending: Ending) -> None:
    """Write layers into a folder, as they are kept; each is what its digest and diff id say."""
    absent = [each for each in missing if each not in imported.blobs]
    if absent:
        raise RegistryError(
            f"layer {absent[0]} is neither in the store nor in a cache",
            id="cache-import",
            hint="somebody has removed images meanwhile: start the build again",
        )
    halt = ending.part()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        work = [
            pool.submit(_fetch, diff_id, imported.blobs[diff_id], blobs, halt)
            for diff_id in missing
        ]
        try:
            for each in work:
                each.result()
        except BaseException:
            halt.press()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _fetch(diff_id: str, kept: Kept, blobs: Path, halt: Halt) -> None:
    file = blobs / kept.blob.digest.partition(":")[2]
    if file.exists():
        return
    part = file.with_suffix(".part")
    with part.open("wb") as stream:
        for piece in kept.place.pieces(kept.blob.digest, kept.blob.size):
            halt.check()
            stream.write(piece)
    _check(diff_id, kept, part, halt)
    part.replace(file)


def _check(diff_id: str, kept: Kept, file: Path, halt: Halt) -> None:
    """A layer's content is what it is called by; the engine would not mind another."""
    content = hashlib.sha256()
    try:
        with file.open("rb") as stream, decompressed(stream) as inside:
            while piece := inside.read(_PIECE):
                halt.check()
                content.update(piece)
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise failures.corrupt(kept.place.name, f"layer {diff_id} ({error})") from error
    if f"sha256:{content.hexdigest()}" != diff_id:
        raise failures.corrupt(kept.place.name, f"layer {diff_id}")


def _descriptor(diff_id: str, imported: Imported | None) -> Descriptor:
    """As the manifest has it: a layer that the store knows goes by its diff id, without content."""
    if imported is None:
        return Descriptor(layer_type("uncompressed", oci=True), diff_id, 0)
    blob = imported.blobs[diff_id].blob
    suffix = blob.media_type.replace(".gzip", "+gzip").rpartition("+")[2]
    kind = suffix if suffix in ("gzip", "zstd") else "uncompressed"
    return Descriptor(layer_type(kind, oci=True), blob.digest, blob.size)


def _layers(missing: Sequence[str]) -> str:
    return f"{len(missing)} layer{'s' if len(missing) != 1 else ''}"


def _hex(document: Document) -> str:
    return document.descriptor.digest.partition(":")[2]

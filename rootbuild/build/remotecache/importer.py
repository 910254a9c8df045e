"""Reading caches: manifest -> document -> results. What is missing or broken is a warning."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rootbuild.build.remotecache.imported import Imported
from rootbuild.build.remotecache.places import Folder, Place, Registry, small_blob
from rootbuild.build.remotecache.record import (
    CONFIG,
    INLINE,
    BadRecordError,
    Record,
    load,
)
from rootbuild.build.remotecache.request import CacheSource
from rootbuild.build.vertices import Vertices
from rootbuild.errors import RegistryError
from rootbuild.image.platform import Platform
from rootbuild.image.reference import parse
from rootbuild.registry.client import Registries
from rootbuild.registry.images import chosen

Json = Mapping[str, Any]


def import_caches(
    sources: Sequence[CacheSource], registries: Registries, platform: Platform, vertices: Vertices
) -> Imported:
    """What all sources have together. Nothing but documents is read, and nothing raised."""
    found = Imported()
    for source in sources:
        if source.kind == "absent":
            vertices.warn(f"cache source left out: {source.why}")
            continue
        try:
            with vertices.open(f"importing cache manifest from {source.shown}") as vertex:
                place, tag = _place(source, registries)
                record = read_record(place, tag, platform)
                found.add(record, place)
                vertex.status(f"{len(record.steps)} results, {len(record.blobs)} layers")
        except RegistryError as error:
            vertices.warn(f"failed to import the cache of {source.shown}: {error.report.message}")
    return found


def read_record(place: Place, tag: str, platform: Platform) -> Record:
    """The document of a cache, or of an image that has one inside. Raises RegistryError."""
    try:
        return _record(place, tag, platform)
    except (BadRecordError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise RegistryError(
            f"what is at {place.name} is no cache that this version can read: {error}",
            id="cache-import",
        ) from error


def _place(source: CacheSource, registries: Registries) -> tuple[Place, str]:
    if source.folder is not None:
        return Folder(source.folder), source.digest or source.tag
    reference = parse(source.ref)
    return Registry(registries, reference, write=False), reference.digest or reference.tag


def _record(place: Place, tag: str, platform: Platform) -> Record:
    content = _manifest(place, tag)
    if "manifests" in content:
        inner = [each for each in content["manifests"] if each.get("mediaType") == CONFIG]
        if inner:
            return load(small_blob(place, inner[0]["digest"], inner[0]["size"]))
        content = _manifest(place, str(chosen(content, platform)["digest"]))
    config = content["config"]
    data = small_blob(place, config["digest"], config["size"])
    if config.get("mediaType") == CONFIG:
        return load(data)
    return _inline(json.loads(data), content)


def _manifest(place: Place, tag: str) -> Json:
    found = place.manifest(tag)
    if found is None:
        raise RegistryError(f"{place.name}:{tag} is not there", id="cache-import")
    content = json.loads(found.body)
    if not isinstance(content, dict):
        raise BadRecordError("its manifest is no object")
    return content


def _inline(config: Json, manifest: Json) -> Record:
    """The document in an image's config names layers by their places; the manifest has the rest."""
    document = config.get(INLINE)
    if not isinstance(document, dict):
        raise BadRecordError("the image was built without an inline cache")
    diff_ids = config["rootfs"]["diff_ids"]
    layers = [
        {"diffID": diff_id, **{name: layer[name] for name in ("digest", "size", "mediaType")}}
        for diff_id, layer in zip(diff_ids, manifest["layers"], strict=True)
    ]
    return load(json.dumps({**document, "layers": layers, "mounts": {}}).encode())

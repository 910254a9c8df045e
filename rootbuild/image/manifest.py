"""Manifests and indexes of images, as documents with digests.

Formats: https://github.com/opencontainers/image-spec (manifest.md, image-index.md, descriptor.md),
and Docker's second schema, which differs in its media types only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from rootbuild.image.config import Pairs
from rootbuild.image.platform import Platform
from rootbuild.records import dataclass

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
_OCI = "application/vnd.oci.image.{}"
_DOCKER = "application/vnd.docker.{}"
_MANIFESTS = {
    True: _OCI.format("manifest.v1+json"),
    False: _DOCKER.format("distribution.manifest.v2+json"),
}
_CONFIGS = {True: _OCI.format("config.v1+json"), False: _DOCKER.format("container.image.v1+json")}
_LAYERS = {
    ("uncompressed", True): _OCI.format("layer.v1.tar"),
    ("gzip", True): _OCI.format("layer.v1.tar+gzip"),
    ("zstd", True): _OCI.format("layer.v1.tar+zstd"),
    ("uncompressed", False): _DOCKER.format("image.rootfs.diff.tar"),
    ("gzip", False): _DOCKER.format("image.rootfs.diff.tar.gzip"),
}


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a blob or document is, and how it is found."""

    media_type: str
    digest: str
    size: int
    annotations: Pairs = ()
    platform: Platform | None = None

    def document(self) -> dict[str, Any]:
        """As manifests and indexes name it."""
        found: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.size,
        }
        if self.annotations:
            found["annotations"] = dict(self.annotations)
        if self.platform is not None:
            found["platform"] = platform_document(self.platform)
        return found


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest, an index or a config: its bytes, and their descriptor."""

    data: bytes
    descriptor: Descriptor


def config(data: bytes, *, oci: bool) -> Document:
    """An image's config as a document."""
    return Document(data, describe(data, _CONFIGS[oci]))


def manifest(
    config: Descriptor, layers: Sequence[Descriptor], annotations: Pairs, *, oci: bool
) -> Document:
    """The manifest of an image."""
    content: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": _MANIFESTS[oci],
        "config": config.document(),
        "layers": [layer.document() for layer in layers],
    }
    return _document(content, annotations)


def index(entries: Sequence[Descriptor], annotations: Pairs = ()) -> Document:
    """An index of manifests: those of several platforms, attestations, or what a layout holds."""
    content: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [entry.document() for entry in entries],
    }
    return _document(content, annotations)


def is_manifest(media_type: str) -> bool:
    """Whether documents of that type are manifests or indexes, which have places of their own."""
    return media_type == OCI_INDEX or media_type in _MANIFESTS.values()


def layer_type(compression: str, *, oci: bool) -> str:
    """The media type of a layer. KeyError for what Docker has none for (zstd)."""
    return _LAYERS[compression, oci]


def describe(data: bytes, media_type: str) -> Descriptor:
    """The descriptor of some bytes."""
    return Descriptor(media_type, f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))


def platform_document(platform: Platform) -> dict[str, str]:
    """A platform as indexes have it."""
    found = {"architecture": platform.architecture, "os": platform.os, "variant": platform.variant}
    return {key: value for key, value in found.items() if value}


def _document(content: dict[str, Any], annotations: Pairs) -> Document:
    if annotations:
        content["annotations"] = dict(annotations)
    data = json.dumps(content, indent=2, ensure_ascii=False).encode()
    return Document(data, describe(data, content["mediaType"]))

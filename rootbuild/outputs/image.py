"""An image written down outside of the store: its layers as blobs, its config, its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rootbuild.image.config import Pairs, parse_config, platform_of
from rootbuild.image.manifest import Descriptor, Document, config, layer_type, manifest
from rootbuild.image.platform import Platform
from rootbuild.outputs.annotations import chosen
from rootbuild.outputs.layers import Image
from rootbuild.outputs.request import Compression, Form
from rootbuild.records import dataclass
from rootbuild.storage.contents import StoredLayer


@dataclass(frozen=True, slots=True)
class Style:
    """How layers are compressed, with nothing left open."""

    compression: Compression
    level: int | None
    force: bool


@dataclass(frozen=True, slots=True)
class Blob:
    """A layer as it was written: its compression, digest and size."""

    compression: Compression
    digest: str
    size: int


class Target(Protocol):
    """Where an image goes: an archive, a folder, a registry."""

    def layers(self, layers: Sequence[StoredLayer], style: Style) -> Sequence[Blob]:
        """Write layers, but for those that are there already."""
        ...

    def document(self, document: Document) -> None:
        """Write a config, a manifest or an index, by its digest."""
        ...


def write_image(target: Target, image: Image, form: Form, usual: Compression) -> Document:
    """Write all that an image consists of, the manifest last; gives the manifest.

    Docker's media types know neither annotations nor zstd, so OCI's are taken for these.
    """
    style = Style(form.compression or usual, form.level, form.force)
    platform = platform_of(parse_config(image.config))
    annotations = chosen(form.annotations, "manifest", platform)
    blobs = target.layers(image.layers, style)
    oci = bool(form.oci) or bool(annotations) or any(each.compression == "zstd" for each in blobs)
    settings = config(image.config, oci=oci)
    target.document(settings)
    layers = tuple(
        Descriptor(layer_type(each.compression, oci=oci), each.digest, each.size) for each in blobs
    )
    written = manifest(settings.descriptor, layers, annotations, oci=oci)
    target.document(written)
    return written


def described(document: Document, image: Image, form: Form, more: Pairs = ()) -> Descriptor:
    """The descriptor of an image's manifest, as an index has it."""
    platform = platform_of(parse_config(image.config))
    own = chosen(form.annotations, "manifest-descriptor", platform)
    found = document.descriptor
    return Descriptor(found.media_type, found.digest, found.size, (*own, *more), platform)


def platform_name(platform: Platform) -> str:
    """A platform as a folder's name."""
    return str(platform).replace("/", "_")

"""All that goes out together: an image, or several with an index, and what is attested of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rootbuild.attest.manifest import Attached, attach
from rootbuild.attest.manifest import Blob as Attachment
from rootbuild.attest.statement import Attestation, Subject
from rootbuild.image.config import parse_config, platform_of
from rootbuild.image.manifest import Descriptor, Document, index
from rootbuild.image.platform import Platform
from rootbuild.outputs.annotations import chosen
from rootbuild.outputs.image import Target, described, write_image
from rootbuild.outputs.layers import Image
from rootbuild.outputs.request import Compression, Form
from rootbuild.records import dataclass

_NOWHERE = Platform("unknown", "unknown")
_NAMELESS = "_"


@dataclass(frozen=True, slots=True)
class Part:
    """An image, and what is attested of it."""

    image: Image
    attestations: tuple[Attestation, ...] = ()


def is_index(parts: Sequence[Part]) -> bool:
    """Whether an index is needed to hold them together."""
    return len(parts) > 1 or any(part.attestations for part in parts)


def write_whole(
    target: Target, parts: Sequence[Part], form: Form, usual: Compression, names: Sequence[str]
) -> Document:
    """Write images; gives the manifest of a single one, else the index.

    `names` are whole ones, by which attestations call the images.
    """
    documents = [write_image(target, part.image, form, usual) for part in parts]
    if not is_index(parts):
        return documents[0]
    pairs = list(zip(parts, documents, strict=True))
    entries = [described(document, part.image, form) for part, document in pairs]
    for part, document in pairs:
        if part.attestations:
            entries.append(_attach(target, part, document, names))
    found = index(entries, chosen(form.annotations, "index", None))
    target.document(found)
    return found


def described_whole(document: Document, parts: Sequence[Part], form: Form) -> Descriptor:
    """The descriptor of what was written."""
    if not is_index(parts):
        return described(document, parts[0].image, form)
    found = document.descriptor
    annotations = chosen(form.annotations, "index-descriptor", None)
    return Descriptor(found.media_type, found.digest, found.size, annotations)


def created(parts: Sequence[Part]) -> str:
    """The date of the first image."""
    return str(json.loads(parts[0].image.config).get("created") or "")


def _attach(target: Target, part: Part, document: Document, names: Sequence[str]) -> Descriptor:
    digest = document.descriptor.digest
    attached = attach(part.attestations, subjects(part.image, digest, names), digest)
    for blob in (*attached.blobs, attached.manifest):
        target.document(_document(blob))
    return _descriptor(attached)


def subjects(image: Image, digest: str, names: Sequence[str]) -> list[Subject]:
    """What attestations of an image are about."""
    from rootbuild.attest.names import image_url  # for builds that attest

    platform = str(platform_of(parse_config(image.config)) or _NOWHERE)
    urls = [image_url(name, digest, platform) for name in names]
    return [Subject(url, digest) for url in urls or [_NAMELESS]]


def _document(blob: Attachment) -> Document:
    return Document(blob.data, Descriptor(blob.media_type, blob.digest, len(blob.data)))


def _descriptor(attached: Attached) -> Descriptor:
    found = attached.manifest
    return Descriptor(
        found.media_type,
        found.digest,
        len(found.data),
        tuple(sorted(attached.annotations.items())),
        _NOWHERE,
    )

"""How an image index holds attestations, as BuildKit's does.

https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from rootbuild.attest.statement import MEDIA_TYPE, Attestation, Json, Subject, statement
from rootbuild.records import dataclass

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes with a media type; `digest` is `sha256:...`."""

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """By which it is known."""
        return f"sha256:{sha256(self.data).hexdigest()}"

    @property
    def descriptor(self) -> dict[str, object]:
        """How others point to it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data)}


@dataclass(frozen=True, slots=True)
class Attached:
    """The manifest that holds the attestations of an image, its blobs, and the image's digest."""

    image: str
    manifest: Blob
    blobs: tuple[Blob, ...]

    @property
    def annotations(self) -> dict[str, str]:
        """What the index says of it. As platform it says `unknown/unknown`, which nobody runs."""
        return {
            "vnd.docker.reference.digest": self.image,
            "vnd.docker.reference.type": "attestation-manifest",
        }


def attach(
    attestations: Sequence[Attestation], subjects: Sequence[Subject], image: str
) -> Attached:
    """The manifest for attestations of the image whose manifest has the digest `image`."""
    layers = tuple(Blob(MEDIA_TYPE, statement(one, subjects)) for one in attestations)
    config = Blob(
        _CONFIG,
        _compact(
            {
                "architecture": "unknown",
                "os": "unknown",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
            }
        ),
    )
    manifest = _compact(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor,
            "layers": [
                {**layer.descriptor, "annotations": {"in-toto.io/predicate-type": one.kind}}
                for layer, one in zip(layers, attestations, strict=True)
            ],
        }
    )
    return Attached(image, Blob(MANIFEST, manifest), (config, *layers))


def _compact(content: Json) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()

"""Manifests and indexes as registries send them: JSON that may be anything."""

from __future__ import annotations

import json
import re
from typing import Any

from rootbuild.errors import RegistryError
from rootbuild.records import dataclass, field
from rootbuild.registry.client import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

MANIFESTS = (OCI_MANIFEST, DOCKER_MANIFEST)
INDEXES = (OCI_INDEX, DOCKER_LIST)
ATTESTATION = "attestation-manifest"
REFERENCE_TYPE = "vnd.docker.reference.type"
REFERENCE_DIGEST = "vnd.docker.reference.digest"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A descriptor. `document` is what it was read from, with all that is not known here."""

    media_type: str
    digest: str
    size: int
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def platform(self) -> dict[str, Any]:
        """Its platform; empty if it says none."""
        return _map(self.document.get("platform"))

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations."""
        found = _map(self.document.get("annotations"))
        return {str(key): str(value) for key, value in found.items()}

    @property
    def about(self) -> str:
        """The digest of the image that this attests something about; empty if it does not."""
        known = self.annotations
        is_attestation = known.get(REFERENCE_TYPE) == ATTESTATION
        return known.get(REFERENCE_DIGEST, "") if is_attestation else ""


def read(data: bytes) -> dict[str, Any]:
    """A JSON object. Raises RegistryError."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _nonsense(f"it is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise _nonsense("it is no JSON object")
    return found


def entries(document: dict[str, Any], name: str) -> list[Entry]:
    """The descriptors in a list of a document. Raises RegistryError."""
    found = document.get(name) or []
    if not isinstance(found, list):
        raise _nonsense(f"{name} is no list")
    return [entry(item) for item in found]


def entry(item: object) -> Entry:
    """One descriptor. Raises RegistryError."""
    document = _map(item)
    digest, size = document.get("digest"), document.get("size")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _nonsense(f"{str(digest)[:80]!r} is no digest")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise _nonsense(f"{str(size)[:80]!r} is no size")
    return Entry(str(document.get("mediaType", "")), digest, size, document)


def media_type(document: dict[str, Any], said: str) -> str:
    """What a document is: as it says itself, or as was said about it, or as it looks."""
    own = document.get("mediaType")
    if isinstance(own, str) and own:
        return own
    if said in (*MANIFESTS, *INDEXES):
        return said
    return OCI_INDEX if "manifests" in document else OCI_MANIFEST


def platform_text(platform: dict[str, Any]) -> str:
    """`linux/arm64/v8`."""
    parts = (platform.get(key) for key in ("os", "architecture", "variant"))
    return "/".join(str(part) for part in parts if part)


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _nonsense(why: str) -> RegistryError:
    return RegistryError(f"a manifest cannot be read: {why}", id="registry-manifest")

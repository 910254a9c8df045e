"""What a name leads to in its registry, with the configs and attestations behind it."""

from __future__ import annotations

from typing import Any

from rootbuild.errors import ImageNotFoundError, RegistryError
from rootbuild.image.reference import Reference
from rootbuild.imagetools import documents
from rootbuild.imagetools.documents import INDEXES, Entry
from rootbuild.records import dataclass, replace
from rootbuild.registry.client import Manifest, Registries, Repository

_LARGEST_CONFIG = 16 << 20
_LARGEST_ATTESTATION = 64 << 20
_PREDICATE = "in-toto.io/predicate-type"
_PROVENANCE = "https://slsa.dev/provenance/"
_SBOM = "https://spdx.dev/Document"


@dataclass(frozen=True, slots=True)
class Found:
    """A manifest or index, and where it was read."""

    reference: Reference
    repository: Repository
    manifest: Manifest
    document: dict[str, Any]

    @property
    def entry(self) -> Entry:
        """Its descriptor."""
        kind = documents.media_type(self.document, self.manifest.media_type)
        size = len(self.manifest.body)
        document = {"mediaType": kind, "digest": self.manifest.digest, "size": size}
        return Entry(kind, self.manifest.digest, size, document)

    @property
    def is_index(self) -> bool:
        """Whether it leads to several images."""
        return self.entry.media_type in INDEXES

    def entries(self) -> list[Entry]:
        """The entries of an index."""
        return documents.entries(self.document, "manifests")

    def member(self, entry: Entry) -> Found:
        """One of them. Raises RegistryError."""
        manifest = self.repository.manifest(entry.digest)
        if manifest is None:
            raise RegistryError(f"{self.reference.name}@{entry.digest} is missing in the registry",
                                id="registry-incomplete")  # fmt: skip
        named = replace(self.reference, digest=entry.digest)
        return Found(named, self.repository, manifest, documents.read(manifest.body))

    def config(self) -> dict[str, Any]:
        """The config of an image. Raises RegistryError."""
        entry = documents.entry(self.document.get("config"))
        return documents.read(_blob(self.repository, entry, _LARGEST_CONFIG))

    def statements(self) -> dict[str, dict[str, Any]]:
        """What an attestation's manifest says: predicates by their types. Raises RegistryError."""
        found = {}
        for layer in documents.entries(self.document, "layers"):
            kind = layer.annotations.get(_PREDICATE, "")
            if kind.startswith(_PROVENANCE) or kind == _SBOM:
                data = documents.read(_blob(self.repository, layer, _LARGEST_ATTESTATION))
                predicate = data.get("predicate")
                found[kind] = predicate if isinstance(predicate, dict) else {}
        return found


def find(registries: Registries, reference: Reference) -> Found:
    """What a name leads to. Raises ImageNotFoundError, RegistryError, HostError."""
    answer = registries.manifest(reference)
    if answer is None:
        raise ImageNotFoundError(
            f"{reference}: not found",
            hint="see whether the name is right, and the image was pushed",
        )
    repository, manifest = answer
    return Found(reference, repository, manifest, documents.read(manifest.body))


def provenance(statements: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Of an image's statements, the provenance."""
    found = [value for kind, value in statements.items() if kind.startswith(_PROVENANCE)]
    return found[0] if found else None


def sbom(statements: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Of an image's statements, what it consists of."""
    return statements.get(_SBOM)


def _blob(repository: Repository, entry: Entry, largest: int) -> bytes:
    if entry.size > largest:
        raise RegistryError(f"{entry.digest} is too big for what it is", id="registry-manifest")
    return b"".join(repository.read_blob(entry.digest, entry.size))

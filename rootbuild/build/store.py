"""The store's images as they were when its index was read, and which one a reference means.

Docker's short-name rule holds. Not heavy to import: a build with nothing to do needs all of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from rootbuild.backend import Backend, StoredImage
from rootbuild.image.reference import Reference, is_id, parse
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Store:
    """The store's images, indexed by name, as they were when it was read."""

    images: tuple[StoredImage, ...]
    by_name: dict[str, StoredImage]
    ids: frozenset[str]

    def find(self, text: str) -> tuple[str, StoredImage] | None:
        """The image that a reference or a whole id means, and the name under which it was found.

        A short name is Docker Hub's; failing that, one that buildah or podman made (`localhost/`).
        """
        if is_id(text):
            digits = text.removeprefix("sha256:")
            return next(((text, image) for image in self.images if image.id == digits), None)
        reference = parse(text)
        for name in local_names(reference):
            if name in self.by_name:
                return name, self.by_name[name]
        return self._by_digest(reference)

    def lacking(self, image: str, names: Iterable[str]) -> tuple[str, ...]:
        """Those among whole `names` that an image (id) does not have."""
        return tuple(
            name for name in names if name not in self.by_name or self.by_name[name].id != image
        )

    def _by_digest(self, reference: Reference) -> tuple[str, StoredImage] | None:
        if not reference.digest:
            return None
        for image in self.images:
            if image.digest == reference.digest:
                return str(reference), image
        return None


def read_store(backend: Backend) -> Store:
    """Read the store's index."""
    images = tuple(backend.images())
    by_name = {name: image for image in images for name in image.names}
    return Store(images, by_name, frozenset(image.id for image in images))


def local_names(reference: Reference) -> tuple[str, ...]:
    """The names that a reference may have in the store, best first."""
    names = [str(reference)]
    if reference.registry == "docker.io":
        names.append(f"localhost/{reference.familiar}")
    return tuple(names)

"""The engine's image store: its index files where we know their layout, else buildah's word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rootbuild import process
from rootbuild.backend import StoredImage
from rootbuild.storage.configuration import Storage
from rootbuild.storage.index import Index, UnknownLayoutError, strings
from rootbuild.storage.layers import layer_folders
from rootbuild_buildah import argv


class Store:
    """A look at the images of this user. `storage` is where they are, None if we cannot tell."""

    def __init__(self, storage: Storage | None = None, *, ask: bool = True) -> None:
        self._index = Index(storage, ask_folder if ask else None)
        self._ask = ask

    def folder(self) -> Path | None:
        """Where the engine writes, if we know that."""
        try:
            return self._index.folder()
        except UnknownLayoutError:
            return None

    def images(self) -> tuple[StoredImage, ...]:
        """All images; of an image that is in several stores, the first entry."""
        try:
            return self._index.images()
        except UnknownLayoutError:
            return ask_images() if self._ask else ()

    def config(self, image: str) -> bytes:
        """The config of an image (id). KeyError if there is no such image."""
        try:
            found = self._index.config(image)
        except UnknownLayoutError:
            found = None
        return ask_config(image) if found is None else found

    def used(self) -> frozenset[str] | None:
        """Ids of images that working containers are based on; None if the files do not say."""
        try:
            return self._index.used()
        except UnknownLayoutError:
            return None

    def layer_folders(self, image: str, diff_ids: Sequence[str]) -> tuple[Path, ...] | None:
        """The folders of an image's layers, the top one first, for overlayfs to take.

        None where we cannot tell, or where overlayfs could not take them.
        """
        try:
            return layer_folders(self._index.stores(), image, diff_ids)
        except UnknownLayoutError:
            return None

    def containers(self) -> frozenset[str] | None:
        """Names of all working containers; None if the files do not say."""
        try:
            return self._index.containers()
        except UnknownLayoutError:
            return None


def ask_folder() -> Path:
    """Where images are, from buildah itself."""
    return Path(json.loads(process.call(argv.info()).stdout)["store"]["GraphRoot"])


def ask_images() -> tuple[StoredImage, ...]:
    """All images, from buildah itself."""
    listed = json.loads(process.call(argv.images()).stdout or b"null") or []
    return tuple(
        StoredImage(
            id=str(entry["id"]).removeprefix("sha256:"),
            names=strings(entry.get("names")),
            digest=str(entry.get("digest") or ""),
            created=str(entry.get("createdatraw") or ""),
        )
        for entry in listed
    )


def ask_config(image: str) -> bytes:
    """The config of an image, from buildah itself. KeyError if there is no such image."""
    finished = process.call(argv.inspect(image), check=False)
    if finished.status != 0:
        if all(image != known.id for known in ask_images()):
            raise KeyError(image)
        raise process.failure(finished)
    return str(json.loads(finished.stdout)["Config"]).encode()

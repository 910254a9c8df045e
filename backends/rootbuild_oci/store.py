"""The engine's image store: its index files where we know their layout, else the engine's word."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rootbuild.backend import StoredImage
from rootbuild.storage.configuration import Storage
from rootbuild.storage.index import Index, UnknownLayoutError
from rootbuild.storage.layers import layer_folders
from rootbuild_oci.engine import Answers


class Store:
    """A look at the images of this user, by `answers` where files do not say.

    `storage` is where they are, None if that is to be found out.
    """

    def __init__(self, answers: Answers, storage: Storage | None = None) -> None:
        self._index = Index(storage, answers.folder)
        self._answers = answers

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
            return self._answers.images()

    def config(self, image: str) -> bytes:
        """The config of an image (id). KeyError if there is no such image."""
        try:
            found = self._index.config(image)
        except UnknownLayoutError:
            found = None
        return self._answers.config(image) if found is None else found

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

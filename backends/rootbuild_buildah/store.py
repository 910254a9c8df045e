"""The engine's image store, read straight from its files where we know their layout.

The index of a store is one JSON file that the engine replaces as a whole; an image's config is a
file beside it. We only read: everything that changes the store goes through the engine.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from rootbuild import process
from rootbuild.backend import StoredImage
from rootbuild_buildah import argv, configuration

ATTEMPTS = 5
PAUSE_SECONDS = 0.02
HEX_ID = 64


class UnknownLayoutError(Exception):
    """The files are not as we know them; the engine has to be asked."""


class Store:
    """A look at the images of this user. `storage` is where they are, None if we cannot tell."""

    def __init__(self, storage: configuration.Storage | None = None, *, ask: bool = True) -> None:
        self._storage = storage
        self._ask = ask

    def folder(self) -> Path | None:
        """Where the engine writes, if we know that."""
        storage = self._located()
        return storage.root if storage else None

    def images(self) -> tuple[StoredImage, ...]:
        """All images; of an image that is in several stores, the first entry."""
        storage = self._located()
        try:
            if storage is None:
                raise UnknownLayoutError
            found: dict[str, StoredImage] = {}
            for root, driver in storage.stores():
                for image in read_images(root / f"{driver}-images"):
                    found.setdefault(image.id, image)
            if not found and not list(storage.stores()):
                raise UnknownLayoutError
            return tuple(found.values())
        except UnknownLayoutError:
            return ask_images() if self._ask else ()

    def config(self, image: str) -> bytes:
        """The config of an image (id). KeyError if there is no such image."""
        storage = self._located()
        for root, driver in storage.stores() if storage else ():
            blob = root / f"{driver}-images" / image / big_data_name(f"sha256:{image}")
            try:
                return blob.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
        return ask_config(image)

    def used(self) -> frozenset[str] | None:
        """Ids of images that working containers are based on; None if the files do not say."""
        storage = self._located()
        if storage is None:
            return None
        found = set()
        for root, driver in storage.stores():
            try:
                entries = list(_entries(root / f"{driver}-containers" / "containers.json"))
            except UnknownLayoutError:
                return None
            found |= {str(entry.get("image")) for entry in entries}
        return frozenset(found)

    def containers(self) -> frozenset[str] | None:
        """Names of all working containers; None if the files do not say."""
        storage = self._located()
        stores = list(storage.stores()) if storage else []
        if not stores:
            return None
        root, driver = stores[0]
        try:
            entries = list(_entries(root / f"{driver}-containers" / "containers.json"))
        except UnknownLayoutError:
            return None
        return frozenset(name for entry in entries for name in _strings(entry.get("names")))

    def _located(self) -> configuration.Storage | None:
        if self._storage is None:
            try:
                self._storage = configuration.read()
            except ValueError:
                # The engine may understand the file, and knows where its images are.
                return None
        return self._storage


def read_images(folder: Path) -> Iterator[StoredImage]:
    """The images of one store's index."""
    for entry in _entries(folder / "images.json"):
        identity = entry.get("id")
        if not isinstance(identity, str) or len(identity) != HEX_ID:
            raise UnknownLayoutError
        yield StoredImage(
            id=identity,
            names=_strings(entry.get("names")),
            digest=str(entry.get("digest") or ""),
            created=str(entry.get("created") or ""),
        )


def big_data_name(key: str) -> str:
    """The file that holds an image's data of that name: plain names are kept, others encoded."""
    if all(char.isalnum() or char in "._-" for char in key) and key.isascii():
        return key
    return "=" + base64.b64encode(key.encode()).decode()


def ask_images() -> tuple[StoredImage, ...]:
    """All images, from buildah itself."""
    listed = json.loads(process.call(argv.images()).stdout or b"null") or []
    return tuple(
        StoredImage(
            id=str(entry["id"]).removeprefix("sha256:"),
            names=_strings(entry.get("names")),
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


def _entries(path: Path) -> Iterator[Mapping[str, object]]:
    """The objects of an index. A writer may be at work: what does not parse is read again."""
    for attempt in range(ATTEMPTS):
        try:
            found = json.loads(path.read_bytes())
        except FileNotFoundError:
            return
        except PermissionError as error:
            raise UnknownLayoutError from error
        except ValueError:
            time.sleep(PAUSE_SECONDS * attempt)
            continue
        if not isinstance(found, list):
            raise UnknownLayoutError
        yield from found
        return
    raise UnknownLayoutError


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()

"""What a store holds, read from its index files where we know their layout.

The index of a store is one JSON file that the engine replaces as a whole; an image's config is a
file beside it. We only read: everything that changes the store goes through an engine.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from rootbuild.backend import StoredImage
from rootbuild.storage.configuration import Storage, read
from rootbuild.storage.usage import Layers, Usage, usage

ATTEMPTS = 5
PAUSE_SECONDS = 0.02
HEX_ID = 64
_INSTANCES = "instances.json"
_ID_AT_END = re.compile(r"[0-9a-f]{64}$")
_READ: dict[Path, tuple[tuple[int, ...], Sequence[Mapping[str, object]]]] = {}


class UnknownLayoutError(Exception):
    """The files are not as we know them; the engine has to be asked."""


class Index:
    """A look at the store of this user. `storage` is where it is, None if that is to be found out.

    `ask` is what an engine says of the folder of its store; it is called where engines differ.
    Every method raises UnknownLayoutError where the files do not say.
    """

    def __init__(
        self, storage: Storage | None = None, ask: Callable[[], Path] | None = None
    ) -> None:
        self._storage = storage
        self._ask = ask

    def folder(self) -> Path:
        """Where the engine writes."""
        return self._located().root

    def images(self, *, sizes: bool = False) -> tuple[StoredImage, ...]:
        """All images; of an image that is in several stores, the first entry.

        With `sizes` also how large each is with all its layers, which takes longer.
        """
        found: dict[str, StoredImage] = {}
        stores = self.stores()
        for root, driver in stores:
            layers = _layer_sizes(root / f"{driver}-layers") if sizes else {}
            for image in read_images(root / f"{driver}-images", layers):
                found.setdefault(image.id, image)
        return tuple(found.values())

    def usage(self, active: Collection[str]) -> Usage:
        """How much space images take; `active` are the ids of those that containers use."""
        return usage(*self.chains(), active)

    def chains(self) -> tuple[list[Layers], dict[str, int]]:
        """The layers that each image consists of, and the layers' own sizes."""
        images: list[Layers] = []
        sizes: dict[str, int] = {}
        for root, driver in self.stores():
            layers = {
                str(entry.get("id")): entry
                for entry in entries(root / f"{driver}-layers" / "layers.json")
            }
            for entry in entries(root / f"{driver}-images" / "images.json"):
                chain = tuple(_chain(layers, str(entry.get("layer") or "")))
                images.append(Layers(str(entry.get("id")), bool(entry.get("names")), chain))
            sizes.update((identity, _own_size(entry)) for identity, entry in layers.items())
        return images, sizes

    def layers(self, image: str) -> tuple[int, ...]:
        """The sizes of an image's layers, from the bottom; none if there is no such image."""
        layers: dict[str, Mapping[str, object]] = {}
        for root, driver in reversed(self.stores()):
            found = entries(root / f"{driver}-layers" / "layers.json")
            layers.update((str(entry.get("id")), entry) for entry in found)
        for root, driver in self.stores():
            for entry in entries(root / f"{driver}-images" / "images.json"):
                if entry.get("id") == image:
                    chain = tuple(_chain(layers, str(entry.get("layer") or "")))
                    return tuple(_own_size(layers[identity]) for identity in reversed(chain))
        return ()

    def config(self, image: str) -> bytes | None:
        """The config of an image (id); None if no file holds it."""
        for root, driver in self.stores():
            blob = root / f"{driver}-images" / image / big_data_name(f"sha256:{image}")
            try:
                return blob.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
        return None

    def manifest(self, image: str, digest: str = "") -> bytes | None:
        """The manifest of an image (id) as it came, the last one or that of a digest.

        None if no file holds it.
        """
        name = big_data_name(f"manifest-{digest}") if digest else "manifest"
        for root, driver in self.stores():
            try:
                return (root / f"{driver}-images" / image / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
        return None

    def used(self) -> frozenset[str]:
        """Ids of images that working containers are based on."""
        return frozenset(
            str(entry.get("image"))
            for root, driver in self.stores()
            for entry in entries(root / f"{driver}-containers" / "containers.json")
        )

    def containers(self) -> frozenset[str]:
        """Names of all working containers."""
        root, driver = self.stores()[0]
        found = entries(root / f"{driver}-containers" / "containers.json")
        return frozenset(name for entry in found for name in strings(entry.get("names")))

    def stores(self) -> list[tuple[Path, str]]:
        """(folder, driver) of every store, the one that the engine writes to first."""
        stores = list(self._located().stores())
        if not stores:
            raise UnknownLayoutError
        return stores

    def _located(self) -> Storage:
        if self._storage is None:
            try:
                found = read()
            except ValueError as error:
                # The engine may understand the file, and knows where its images are.
                raise UnknownLayoutError from error
            if found.older is not None:
                if self._ask is None:
                    raise UnknownLayoutError
                found = found.at(self._ask())
            self._storage = found
        return self._storage


def read_images(folder: Path, sizes: Mapping[str, int] | None = None) -> Iterator[StoredImage]:
    """The images of one store's index; `sizes` is how large the image of each top layer is."""
    for entry in entries(folder / "images.json"):
        identity = entry.get("id")
        if not isinstance(identity, str) or len(identity) != HEX_ID:
            raise UnknownLayoutError
        yield StoredImage(
            id=identity,
            names=strings(entry.get("names")),
            digest=str(entry.get("digest") or ""),
            created=str(entry.get("created") or ""),
            size=(sizes or {}).get(str(entry.get("layer") or ""), -1),
            instances=_instances(folder, identity, strings(entry.get("big-data-names"))),
        )


def _instances(folder: Path, identity: str, data: Sequence[str]) -> tuple[str, ...]:
    """The images of an index, in its order: where they were found is noted by their digests.

    What has no digest in these notes is the index itself.
    """
    if _INSTANCES not in data:
        return ()
    try:
        found = json.loads((folder / identity / _INSTANCES).read_bytes())
        manifest = json.loads((folder / identity / "manifest").read_bytes())
    except (OSError, ValueError) as error:
        raise UnknownLayoutError from error
    places = found if isinstance(found, dict) else {}
    order = dict.fromkeys((*_listed(manifest), *places))
    ids = (_ID_AT_END.search(str(places.get(digest, ""))) for digest in order if digest)
    return tuple(match[0] for match in ids if match)


def _listed(manifest: object) -> Iterator[str]:
    """The digests that an index lists."""
    entries = manifest.get("manifests") if isinstance(manifest, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            yield str(entry.get("digest"))


def big_data_name(key: str) -> str:
    """The file that holds an image's data of that name: plain names are kept, others encoded."""
    if all(char.isalnum() or char in "._-" for char in key) and key.isascii():
        return key
    return "=" + base64.b64encode(key.encode()).decode()


def _layer_sizes(folder: Path) -> dict[str, int]:
    """The size of each layer together with all below it, bytes; an image of no layer has 0."""
    layers = {str(entry.get("id")): entry for entry in entries(folder / "layers.json")}
    sizes = {"": 0}
    for identity in layers:
        chain = []
        while identity not in sizes and identity in layers:
            chain.append(identity)
            identity = str(layers[identity].get("parent") or "")
        total = sizes.get(identity, 0)
        for link in reversed(chain):
            total += _own_size(layers[link])
            sizes[link] = total
    return sizes


def _chain(layers: Mapping[str, Mapping[str, object]], top: str) -> Iterator[str]:
    """A layer and all below it."""
    seen = set()
    while top in layers and top not in seen:
        seen.add(top)
        yield top
        top = str(layers[top].get("parent") or "")


def _own_size(layer: Mapping[str, object]) -> int:
    own = layer.get("diff-size")
    return own if isinstance(own, int) else 0


def entries(path: Path) -> Sequence[Mapping[str, object]]:
    """The objects of an index; none if there is no such file.

    An index is replaced as a whole: as long as it is the same file, it is not read again.
    """
    try:
        state = _state(path)
        known = _READ.get(path)
        if known is None or known[0] != state:
            known = _READ[path] = (state, _parsed(path))
    except FileNotFoundError:
        return ()
    except PermissionError as error:
        raise UnknownLayoutError from error
    return known[1]


def _state(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _parsed(path: Path) -> Sequence[Mapping[str, object]]:
    """The content of an index. A writer may be at work: what does not parse is read again."""
    for attempt in range(ATTEMPTS):
        try:
            found = json.loads(path.read_bytes())
        except ValueError:
            time.sleep(PAUSE_SECONDS * attempt)
            continue
        if not isinstance(found, list):
            raise UnknownLayoutError
        return found
    raise UnknownLayoutError


def strings(value: object) -> tuple[str, ...]:
    """The strings of a JSON list; none if it is no list."""
    return tuple(str(item) for item in value) if isinstance(value, list) else ()

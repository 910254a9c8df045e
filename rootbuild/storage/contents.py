"""The layers of an image of the store: where their files are, and how their archives are made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from rootbuild.records import dataclass
from rootbuild.storage.index import UnknownLayoutError, entries
from rootbuild.storage.layers import Entry, chain, incomplete, top_layer

Compression = Literal["uncompressed", "gzip", "zstd"]

# Where drivers keep the files that a layer has changed, or all files up to it.
_FOLDERS = {"overlay": "overlay/{}/diff", "vfs": "vfs/dir/{}"}
# The numbers of the package "archive" of containers/storage; those of no use here are left out.
_COMPRESSIONS: dict[object, Compression] = {0: "uncompressed", 2: "gzip", 4: "zstd"}


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """A layer of the store.

    `size` is that of its uncompressed archive. `compressed` and `compressed_size` are digest and
    size of the blob that it came as, and `compression` is how that was compressed, None if unknown.
    """

    diff_id: str
    size: int
    folder: Path
    split: Path
    compressed: str = ""
    compressed_size: int = 0
    compression: Compression | None = None


def image_layers(
    stores: Sequence[tuple[Path, str]], image: str, diff_ids: Sequence[str]
) -> tuple[StoredLayer, ...]:
    """The layers of an image, from the bottom.

    `stores` are as `Index.stores` gives them; `diff_ids` are what the image's config says. Raises
    UnknownLayoutError where the files are not as we know them.
    """
    layers = {
        str(entry.get("id")): (root, driver, entry)
        for root, driver in reversed(stores)
        for entry in entries(root / f"{driver}-layers" / "layers.json")
    }
    known = {identity: (root, entry) for identity, (root, _, entry) in layers.items()}
    found = chain(known, top_layer(stores, image))[::-1]
    if any(incomplete(entry) for _, entry in found):
        raise UnknownLayoutError
    result = tuple(_layer(*layers[str(entry["id"])]) for _, entry in found)
    if tuple(layer.diff_id for layer in result) != tuple(diff_ids):
        raise UnknownLayoutError
    return result


def _layer(root: Path, driver: str, entry: Entry) -> StoredLayer:
    identity, size = str(entry["id"]), entry.get("diff-size")
    split = root / f"{driver}-layers" / f"{identity}.tar-split.gz"
    if driver not in _FOLDERS or not isinstance(size, int):
        raise UnknownLayoutError
    compressed_size = entry.get("compressed-size")
    return StoredLayer(
        diff_id=str(entry.get("diff-digest")),
        size=size,
        folder=root / _FOLDERS[driver].format(identity),
        split=split,
        compressed=str(entry.get("compressed-diff-digest") or ""),
        compressed_size=compressed_size if isinstance(compressed_size, int) else 0,
        compression=_COMPRESSIONS.get(entry.get("compression", 0)),
    )

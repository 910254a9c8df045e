"""A folder in OCI layout. It may hold images already; an image of the same name is replaced."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rootbuild.image.manifest import Descriptor, Document, index
from rootbuild.outputs.archive import LAYOUT
from rootbuild.outputs.blobs import write_blob
from rootbuild.outputs.image import Blob, Style
from rootbuild.outputs.sink import write_all
from rootbuild.outputs.staged import staged_file, staged_folder
from rootbuild.storage.contents import StoredLayer

NAME = "org.opencontainers.image.ref.name"


class Layout:
    """A target (see `image`): `place` is where blobs are put, `dest` where the layout is to be.

    Blobs that are in the layout already are not written again.
    """

    def __init__(self, place: Path, dest: Path) -> None:
        self._blobs = place / "blobs/sha256"
        self._there = dest / "blobs/sha256"
        self._blobs.mkdir(parents=True)

    def layers(self, layers: Sequence[StoredLayer], style: Style) -> list[Blob]:
        """See Target."""
        return [self._layer(layer, style) for layer in layers]

    def document(self, document: Document) -> None:
        """See Target."""
        with self._file() as (descriptor, name):
            write_all(descriptor, document.data)
            name.append(document.descriptor.digest)

    def _layer(self, layer: StoredLayer, style: Style) -> Blob:
        if style.compression == "uncompressed" and self._has(layer.diff_id, layer.size):
            return Blob("uncompressed", layer.diff_id, layer.size)
        with self._file() as (descriptor, name):
            blob = write_blob(layer, style, descriptor)
            name.append(blob.digest)
        return blob

    def _has(self, digest: str, size: int) -> bool:
        try:
            return (self._there / digest.partition(":")[2]).stat().st_size == size
        except OSError:
            return False

    @contextlib.contextmanager
    def _file(self) -> Iterator[tuple[int, list[str]]]:
        """A new file, which is called by the digest that it is given meanwhile."""
        place, name = self._blobs / "new", list[str]()
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            yield descriptor, name
        finally:
            os.close(descriptor)
        place.rename(self._blobs / name[0].partition(":")[2])


@contextlib.contextmanager
def opened_layout(dest: Path) -> Iterator[tuple[Layout, list[Descriptor]]]:
    """A layout to write to, and a list for what is to be in its index when the block ends well."""
    entries: list[Descriptor] = []
    with staged_folder(dest) as place:
        yield Layout(place, dest), entries
    with _locked(dest):
        _write(dest / "oci-layout", LAYOUT)
        _write(dest / "index.json", _merged(dest / "index.json", entries))


def _merged(file: Path, entries: Sequence[Descriptor]) -> bytes:
    """The index that is there, with entries of ours for those of the same name or digest."""
    try:
        content: dict[str, Any] = json.loads(file.read_bytes())
        there = list(content["manifests"])
    except (OSError, ValueError, KeyError, TypeError):
        return index(entries).data
    ours = [entry.document() for entry in entries]
    taken = {_identity(each) for each in ours}
    content["manifests"] = [each for each in there if _identity(each) not in taken] + ours
    return json.dumps(content, indent=2).encode()


def _identity(entry: dict[str, Any]) -> str:
    name = (entry.get("annotations") or {}).get(NAME)
    return str(name or entry.get("digest"))


def _write(file: Path, data: bytes) -> None:
    with staged_file(file) as descriptor:
        write_all(descriptor, data)


@contextlib.contextmanager
def _locked(dest: Path) -> Iterator[None]:
    """Several builds may write to one layout; each finds in its index what the others put there."""
    descriptor = os.open(dest, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

"""An archive in OCI layout, which `docker load` reads as well if it holds a manifest.json.

The archive is written while layers are read. The name of a compressed blob is known only after its
content, so its header is written last: in its place where the output lets us go back, else the blob
waits in a nameless file.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Sequence

from rootbuild.image import tarheader as header
from rootbuild.image.manifest import Descriptor, Document, index
from rootbuild.image.tarheader import BLOCK, Header
from rootbuild.outputs.blobs import write_blob
from rootbuild.outputs.image import Blob, Style
from rootbuild.outputs.sink import FileSink
from rootbuild.records import dataclass
from rootbuild.storage.contents import StoredLayer

LAYOUT = json.dumps({"imageLayoutVersion": "1.0.0"}).encode()
_FILE_MODE, _FOLDER_MODE = 0o444, 0o755
_ONE_BLOCK = 8 << 30  # a header says larger sizes in further blocks


@dataclass(frozen=True, slots=True)
class Loadable:
    """An image as manifest.json has it: digests of config and layers, names such as `x:latest`."""

    config: str
    layers: tuple[str, ...]
    names: tuple[str, ...]


class Archive:
    """A target (see `image`) that is an open file or pipe. What is there twice is written once."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._sink = FileSink(target)
        self._seekable = _seekable(target)
        self._there: dict[str, Blob] = {}
        self._documents: set[str] = set()
        self._begin()

    def layers(self, layers: Sequence[StoredLayer], style: Style) -> list[Blob]:
        """See Target."""
        for layer in layers:
            if layer.diff_id not in self._there:
                self._there[layer.diff_id] = self._layer(layer, style)
        return [self._there[layer.diff_id] for layer in layers]

    def document(self, document: Document) -> None:
        """See Target."""
        digest = document.descriptor.digest
        if digest not in self._documents:
            self._documents.add(digest)
            self._add(_path(digest), document.data)

    def finish(self, entries: Sequence[Descriptor], loadable: Sequence[Loadable] = ()) -> None:
        """Write the index of what is in it, and for docker what to load, and end it."""
        self._add("index.json", index(entries).data)
        if loadable:
            content = [
                {
                    "Config": _path(each.config),
                    "RepoTags": list(each.names) or None,
                    "Layers": [_path(digest) for digest in each.layers],
                }
                for each in loadable
            ]
            self._add("manifest.json", json.dumps(content).encode())
        self._sink.write(bytes(2 * BLOCK))
        self._sink.flush()

    def _begin(self) -> None:
        self._add("oci-layout", LAYOUT)
        for name in (b"blobs/", b"blobs/sha256/"):
            self._sink.write(Header(header.FOLDER, name, _FOLDER_MODE).encode())

    def _layer(self, layer: StoredLayer, style: Style) -> Blob:
        if style.compression == "uncompressed":
            self._head(_path(layer.diff_id), layer.size)
            self._sink.flush()
            blob = write_blob(layer, style, self._target)
        elif self._seekable and layer.size < _ONE_BLOCK:
            blob = self._backwards(layer, style)
        else:
            blob = self._spooled(layer, style)
        self._sink.write(bytes(-blob.size % BLOCK))
        return blob

    def _backwards(self, layer: StoredLayer, style: Style) -> Blob:
        """The content first, then the header in front of it."""
        self._sink.write(bytes(BLOCK))
        self._sink.flush()
        begin = os.lseek(self._target, 0, os.SEEK_CUR)
        blob = write_blob(layer, style, self._target)
        data = _header(_path(blob.digest), blob.size)
        os.pwrite(self._target, data, begin - BLOCK)
        return blob

    def _spooled(self, layer: StoredLayer, style: Style) -> Blob:
        with tempfile.TemporaryFile(buffering=0) as spool:
            blob = write_blob(layer, style, spool.fileno())
            spool.seek(0)
            self._head(_path(blob.digest), blob.size)
            self._sink.copy(spool.fileno(), blob.size)
        return blob

    def _add(self, name: str, data: bytes) -> None:
        self._head(name, len(data))
        self._sink.write(data + bytes(-len(data) % BLOCK))

    def _head(self, name: str, size: int) -> None:
        self._sink.write(_header(name, size))


def _header(name: str, size: int) -> bytes:
    return Header(header.FILE, name.encode(), _FILE_MODE, size=size).encode()


def _path(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _seekable(target: int) -> bool:
    """Whether we can go back and write again; what only appends would write elsewhere."""
    try:
        os.lseek(target, 0, os.SEEK_CUR)
    except OSError:
        return False
    return not fcntl.fcntl(target, fcntl.F_GETFL) & os.O_APPEND

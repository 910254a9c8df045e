"""A repository of a registry as a target: layers are sent while they are read and compressed.

A manifest comes after all that it names, and a tag after that, so nothing is ever half there.
"""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Protocol

from rootbuild.image.manifest import Document, is_manifest
from rootbuild.outputs.blobs import write_blob
from rootbuild.outputs.image import Blob, Style
from rootbuild.records import dataclass, field
from rootbuild.registry.client import Repository
from rootbuild.registry.uploads import Content, content_of_bytes
from rootbuild.storage.contents import StoredLayer

_AT_ONCE = 3
_PIECE = 1 << 18


class Known(Protocol):
    """What is remembered about how layers come out when they are compressed: key -> blob."""

    def get(self, key: str) -> str | None:
        """`DIGEST SIZE`, if that is known."""
        ...

    def put(self, key: str, value: str) -> None:
        """Note it."""
        ...


class NothingKnown:
    """Knows nothing, and remembers nothing."""

    def get(self, key: str) -> str | None:
        """None."""

    def put(self, key: str, value: str) -> None:
        """Forget it."""


class Listener(Protocol):
    """Is told about each layer (diff id): `Preparing`, `Layer already exists`, `Pushed`..."""

    def __call__(self, layer: str, text: str) -> None:
        """Something happened."""
        ...


@dataclass(frozen=True, slots=True)
class Remote:
    """A target (see `image`). `elsewhere` gives repositories of the same registry that may have a
    layer; `halted` raises when the push is to end.
    """

    repository: Repository
    tell: Listener
    known: Known = field(default_factory=NothingKnown)
    elsewhere: Callable[[StoredLayer], Sequence[str]] = lambda layer: ()
    halted: Callable[[], object] = lambda: None

    def layers(self, layers: Sequence[StoredLayer], style: Style) -> list[Blob]:
        """See Target. Some are sent at the same time."""
        each = {layer.diff_id: layer for layer in layers}
        for diff_id in each:
            self.tell(diff_id, "Preparing")
        stop = threading.Event()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            work = {
                diff_id: pool.submit(self._layer, layer, style, stop)
                for diff_id, layer in each.items()
            }
            try:
                ended = wait(work.values(), return_when=FIRST_EXCEPTION).done
            finally:
                stop.set()  # of no effect on what has ended
                pool.shutdown(cancel_futures=True)
        for future in ended:
            future.result()
        return [work[layer.diff_id].result() for layer in layers]

    def document(self, document: Document) -> None:
        """See Target. Manifests and indexes are written by their digests, without a tag."""
        descriptor = document.descriptor
        if is_manifest(descriptor.media_type):
            self.repository.put_manifest(descriptor.digest, document.data, descriptor.media_type)
        elif self.repository.blob_size(descriptor.digest) is None:
            self.repository.put_blob(content_of_bytes(document.data))

    def tag(self, document: Document, tags: Sequence[str]) -> None:
        """Give a manifest or index its tags."""
        for tag in tags:
            self.repository.put_manifest(tag, document.data, document.descriptor.media_type)

    def _layer(self, layer: StoredLayer, style: Style, stop: threading.Event) -> Blob:
        there = self._there(layer, style)
        if there is not None:
            return there
        self.tell(layer.diff_id, "Pushing")
        sending = _Sending(layer, style, lambda: self._check(stop))
        content = self.repository.put_blob(sending.content())
        blob = Blob(style.compression, content.digest, content.size or 0)
        self.known.put(_key(layer, style), f"{blob.digest} {blob.size}")
        self.tell(layer.diff_id, "Pushed")
        return blob

    def _there(self, layer: StoredLayer, style: Style) -> Blob | None:
        """The layer as the registry has it already, here or in another repository."""
        for blob in self._forms(layer, style):
            if self.repository.blob_size(blob.digest) is not None:
                self.tell(layer.diff_id, "Layer already exists")
                return blob
            for source in self.elsewhere(layer):
                if self.repository.mount(blob.digest, source):
                    self.tell(layer.diff_id, f"Mounted from {source}")
                    return blob
        return None

    def _forms(self, layer: StoredLayer, style: Style) -> Iterator[Blob]:
        """How the layer may look there, the best first."""
        came = layer.compression
        if came not in (None, "uncompressed") and (came == style.compression or not style.force):
            yield Blob(came, layer.compressed, layer.compressed_size)
        if style.compression == "uncompressed":
            yield Blob("uncompressed", layer.diff_id, layer.size)
        known = self.known.get(_key(layer, style))
        if known is not None:
            digest, _, size = known.partition(" ")
            yield Blob(style.compression, digest, int(size))

    def _check(self, stop: threading.Event) -> None:
        self.halted()
        if stop.is_set():
            raise _StoppedError


class _StoppedError(Exception):
    """Another layer could not be sent."""


@dataclass(frozen=True, slots=True)
class _Sending:
    """A layer on its way: a thread reads and compresses it into a pipe, which is sent."""

    layer: StoredLayer
    style: Style
    check: Callable[[], object]

    def content(self) -> Content:
        """For an upload. What is not compressed has a digest that is known before."""
        if self.style.compression == "uncompressed":
            return Content(self.pieces, self.layer.diff_id, self.layer.size)
        return Content(self.pieces)

    def pieces(self, at: int) -> Iterator[bytes]:
        """From an offset on; what is before is made again and thrown away."""
        reading, writing = os.pipe()
        failed: list[BaseException] = []
        thread = threading.Thread(target=self._write, args=(writing, failed), daemon=True)
        thread.start()
        with os.fdopen(reading, "rb", buffering=0) as stream:
            while data := stream.read(_PIECE):
                self.check()
                skipped = min(at, len(data))
                at -= skipped
                if skipped < len(data):
                    yield data[skipped:]
        thread.join()
        if failed:
            raise failed[0]

    def _write(self, writing: int, failed: list[BaseException]) -> None:
        try:
            write_blob(self.layer, self.style, writing)
        except BaseException as error:  # noqa: BLE001 - the reader raises it
            failed.append(error)
        finally:
            os.close(writing)


def _key(layer: StoredLayer, style: Style) -> str:
    level = "" if style.level is None else str(style.level)
    return f"{layer.diff_id} {style.compression} {level} {zlib.ZLIB_RUNTIME_VERSION}"

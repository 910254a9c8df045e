"""The layers of a stored image as archives, byte for byte as the engine took them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial

from rootbuild.backend import Backend
from rootbuild.errors import BuildError, HostError
from rootbuild.files.rootfs import READ, Rootfs, Trail
from rootbuild.image.tarheader import Header
from rootbuild.image.tarreader import BadArchiveError, HeaderReader
from rootbuild.outputs.sink import Sink
from rootbuild.records import dataclass
from rootbuild.storage.contents import StoredLayer, image_layers
from rootbuild.storage.index import Index, UnknownLayoutError
from rootbuild.storage.tarsplit import DamagedError, pieces


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the store: its id, its config (JSON, as it is), its layers from the bottom."""

    id: str
    config: bytes
    layers: tuple[StoredLayer, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a layer: its header, and what gives its content to a sink."""

    header: Header
    content: Callable[[Sink], None] = lambda sink: None


def find_image(backend: Backend, image: str, diff_ids: Callable[[bytes], Sequence[str]]) -> Image:
    """An image (id) of the store with its layers. Raises HostError where they cannot be found.

    The layers' files can be read inside of the engine's namespace alone.
    """
    config = backend.config(image)
    try:
        layers = image_layers(Index().stores(), image, diff_ids(config))
    except UnknownLayoutError as error:
        raise HostError(
            "the layers of this image store cannot be read: its layout or driver is unknown",
            id="store-layout",
            hint="let the engine write it: buildah push IMAGE oci-archive:FILE",
        ) from error
    return Image(image, config, layers)


def write_layer(layer: StoredLayer, sink: Sink) -> None:
    """Write a layer's archive. Raises HostError if the store is not as it was, OSError of `sink`.

    That all is there and as long as it should be is seen here; who computes the digest sees more.
    """
    try:
        with ExitStack() as stack:
            root = stack.enter_context(Rootfs(layer.folder))
            trail = stack.enter_context(root.trail())
            for piece in pieces(layer.split):
                if isinstance(piece, bytes):
                    sink.write(piece)
                else:
                    _copy(root, trail, piece.name, piece.size, sink)
    except (DamagedError, FileNotFoundError, BuildError) as error:
        raise damaged(layer.diff_id, str(error)) from error


def entries(layer: StoredLayer) -> Iterator[Entry]:
    """What a layer's archive holds, in order. Raises HostError.

    The content of an entry is to be read, if at all, before the next one is asked for.
    """
    reader, current = HeaderReader(), None
    try:
        with ExitStack() as stack:
            root = stack.enter_context(Rootfs(layer.folder))
            trail = stack.enter_context(root.trail())
            for piece in pieces(layer.split):
                if isinstance(piece, bytes):
                    for header in reader.feed(piece):
                        if current is not None:
                            yield current
                        current = Entry(header)
                elif current is not None:
                    yield Entry(current.header, partial(_copy, root, trail, piece.name, piece.size))
                    current = None
            if current is not None:
                yield current
    except (BadArchiveError, DamagedError, FileNotFoundError, BuildError) as error:
        raise damaged(layer.diff_id, str(error)) from error


def damaged(diff_id: str, why: str) -> HostError:
    """The error for a layer that is not in the store as it came."""
    return HostError(
        f"layer {diff_id} is damaged in the image store: {why}",
        id="store-damaged",
        hint="remove the image and build or pull it again",
    )


def _copy(root: Rootfs, trail: Trail, name: bytes, size: int, sink: Sink) -> None:
    descriptor = _open(root, trail, name)
    try:
        if os.fstat(descriptor).st_size != size:
            raise BuildError(f"/{os.fsdecode(name)} has another size than it had")
        sink.copy(descriptor, size)
    finally:
        os.close(descriptor)


def _open(root: Rootfs, trail: Trail, name: bytes) -> int:
    """Open a file of the layer for reading. Raises BuildError."""
    parts = tuple(part for part in os.fsdecode(name).split("/") if part not in ("", "."))
    try:
        try:
            return os.open(parts[-1], READ, dir_fd=trail.at(parts[:-1]))
        except NotADirectoryError:
            # A folder on the way is a link in this layer: it was followed when the layer came.
            real = root.resolve("/".join(parts[:-1])).parts
            return os.open(parts[-1], READ, dir_fd=trail.at(real))
    except (OSError, IndexError) as error:
        raise BuildError(f"/{os.fsdecode(name)}: {error}") from error

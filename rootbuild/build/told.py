"""What a build shows whether or not it had anything to do, and the names and files that it leaves.

Nothing here is heavy to import: a build with nothing to do needs it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.build.store import Store
from rootbuild.build.vertices import Vertex, Vertices
from rootbuild.errors import HostError
from rootbuild.image.reference import parse
from rootbuild.outputs.noting import notes_if_any


def show_head(vertices: Vertices, source: str, size: int, bases: Iterable[str]) -> None:
    """The Dockerfile that was read, and the images (whole names) that it starts from."""
    with vertices.open(f"[internal] load build definition from {source}") as vertex:
        vertex.status(f"transferring dockerfile: {size}B done")
    for name in bases:
        with vertices.open(f"[internal] load metadata for {name}"):
            pass


def whole_names(tags: Iterable[str]) -> tuple[str, ...]:
    """What users write as names, in full, each once. Raises UsageError."""
    return tuple(dict.fromkeys(str(parse(tag)) for tag in tags))


def show_image(
    vertices: Vertices, backend: Backend, store: Store, image: str, names: tuple[str, ...]
) -> None:
    """Give an image of the store those of its whole names that it does not have yet; show it."""
    with vertices.open("exporting to image") as vertex:
        new = store.lacking(image, names)
        if new:
            backend.tag(image, *new)
        report_image(vertex, image, names)


def forget_forms(state: Path, backend: Backend, names: Sequence[str]) -> None:
    """Names that are given by a usual build stand for images as they are in the store.

    `state` is where it is noted if they stand for more. Raises HostError.
    """
    notes = notes_if_any(state, backend.images) if names else None
    if notes is not None:
        notes.forget(names)


def report_image(vertex: Vertex, image: str, names: tuple[str, ...]) -> None:
    """Show an image and its names."""
    vertex.status(f"writing image sha256:{image} done")
    for name in names:
        vertex.status(f"naming to {name} done")


def clear_iidfile(path: Path) -> None:
    """Remove the id that an earlier build has written. Raises HostError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _no_iidfile(path, error) from error


def write_iidfile(path: Path, image: str) -> None:
    """Write the image id, or nothing if there is none, to a file, all at once. HostError."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        staged.write_text(f"sha256:{image}" if image else "")
        os.replace(staged, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            staged.unlink()
        raise _no_iidfile(path, error) from error


def _no_iidfile(path: Path, error: OSError) -> HostError:
    return HostError(f"cannot write the image id to {path}: {error.strerror}", id="iidfile")

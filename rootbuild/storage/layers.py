"""Where the files of an image's layers are, in stores whose layers the kernel's overlayfs can take.

Each layer is a folder with what it changes, in the form that overlayfs itself uses for removed
entries. We only read, and only where everything looks as we know it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rootbuild.storage.index import UnknownLayoutError, entries

OVERLAY = "overlay"
Entry = Mapping[str, object]


def layer_folders(
    stores: Sequence[tuple[Path, str]], image: str, diff_ids: Sequence[str]
) -> tuple[Path, ...]:
    """The folders of an image's layers, the top one first.

    `stores` are as `Index.stores` gives them; `diff_ids` are what the image's config says, from the
    bottom. Raises UnknownLayoutError where another driver, or a program instead of the kernel, does
    the mounting, where a layer is not complete, or where index and config differ.
    """
    for root, driver in stores:
        if driver != OVERLAY or _mounted_by_program(root):
            raise UnknownLayoutError
    layers = {
        str(entry.get("id")): (root, entry)
        for root, _ in reversed(stores)
        for entry in entries(root / "overlay-layers" / "layers.json")
    }
    links = chain(layers, top_layer(stores, image))
    found = [entry.get("diff-digest") for _, entry in reversed(links)]
    if found != list(diff_ids) or any(incomplete(entry) for _, entry in links):
        raise UnknownLayoutError
    folders = tuple(root / OVERLAY / str(entry["id"]) / "diff" for root, entry in links)
    if not all(folder.is_dir() and not folder.is_symlink() for folder in folders):
        raise UnknownLayoutError
    return folders


def top_layer(stores: Sequence[tuple[Path, str]], image: str) -> str:
    """The top layer of an image. Raises UnknownLayoutError if there is no such image."""
    for root, driver in stores:
        for entry in entries(root / f"{driver}-images" / "images.json"):
            if entry.get("id") == image:
                return str(entry.get("layer") or "")
    raise UnknownLayoutError


def chain(layers: Mapping[str, tuple[Path, Entry]], top: str) -> list[tuple[Path, Entry]]:
    """A layer and all below it. Raises UnknownLayoutError if one is missing."""
    found: list[tuple[Path, Entry]] = []
    while top:
        if top not in layers or len(found) > len(layers):
            raise UnknownLayoutError
        found.append(layers[top])
        top = str(layers[top][1].get("parent") or "")
    return found


def incomplete(entry: Entry) -> bool:
    """Whether the engine was stopped while it wrote a layer."""
    flags = entry.get("flags")
    return isinstance(flags, dict) and bool(flags.get("incomplete"))


def _mounted_by_program(root: Path) -> bool:
    """Whether fuse-overlayfs or the like does the mounting, with its own marks for removed files.

    The engine notes in the store which of the two it is.
    """
    try:
        return (root / OVERLAY / ".has-mount-program").read_text().strip() != "false"
    except OSError:
        return True

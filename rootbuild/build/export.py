"""The finished image: its config and history on top of the target's layers, and its names."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from rootbuild.backend import Backend, Layers
from rootbuild.build.bases import Store
from rootbuild.build.vertices import Vertices
from rootbuild.cache.database import Cache
from rootbuild.errors import HostError
from rootbuild.image.config import ImageConfig, render_config
from rootbuild.image.reference import parse
from rootbuild.plan.keys import image_key


@dataclass(frozen=True, slots=True)
class Exporter:
    """Turns the target's result into an image of the store, unless it is there already."""

    backend: Backend
    cache: Cache
    store: Store

    def known(self, filesystem: str, config: ImageConfig) -> str | None:
        """The id of the finished image, if an earlier build has made it and the store has it."""
        image = self.cache.image(_key(filesystem, config))
        return image if image in self.store.ids else None

    def create(self, filesystem: str, config: ImageConfig, layers: Layers | None) -> str:
        """Make the image; gives its id."""
        diff_ids = layers.diff_ids if layers else ()
        told = sum(1 for entry in config.history if not entry.empty_layer)
        assert told == len(diff_ids), f"{told} lines of history for {len(diff_ids)} layers"
        blob = render_config(replace(config, diff_ids=diff_ids), _now())
        image = self.backend.create_image(blob)
        self.cache.remember_image(_key(filesystem, config), image)
        return image

    def missing_names(self, image: str, tags: tuple[str, ...]) -> tuple[str, ...]:
        """The whole names among `tags` that the image does not have yet."""
        names = dict.fromkeys(str(parse(tag)) for tag in tags)
        return tuple(
            name
            for name in names
            if name not in self.store.by_name or self.store.by_name[name].id != image
        )


def report_image(
    vertices: Vertices, backend: Backend, image: str, names: tuple[str, ...], new: tuple[str, ...]
) -> None:
    """Show the image and give it the names that are `new`; the others it has already."""
    with vertices.open("exporting to image") as vertex:
        vertex.status(f"writing image sha256:{image} done")
        for name in names:
            if name in new:
                backend.tag(image, name)
            vertex.status(f"naming to {name} done")


def write_iidfile(path: Path, image: str) -> None:
    """Write the image id to a file, all at once. Raises HostError."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        staged.write_text(f"sha256:{image}")
        os.replace(staged, path)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise HostError(
            f"cannot write the image id to {path}: {error.strerror}", id="iidfile"
        ) from error


def _key(filesystem: str, config: ImageConfig) -> str:
    return image_key(filesystem, render_config(replace(config, diff_ids=()), ""))


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

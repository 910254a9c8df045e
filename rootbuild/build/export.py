"""The finished image: its config and history on top of the target's layers, and its names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.build.bases import Store
from rootbuild.build.checkpoint import LayerPolicy
from rootbuild.build.execute import State
from rootbuild.build.vertices import Vertices
from rootbuild.cache.database import Cache
from rootbuild.errors import HostError
from rootbuild.image.config import HistoryEntry, ImageConfig, render_config
from rootbuild.image.reference import parse
from rootbuild.plan.keys import image_key


@dataclass(frozen=True, slots=True)
class Exporter:
    """Turns the target's result into an image of the store, unless it is there already.

    `created` is the date that the image is to have, in seconds; None means now.
    """

    backend: Backend
    cache: Cache
    store: Store
    policy: LayerPolicy
    created: int | None = None

    def known(self, filesystem: str, config: ImageConfig) -> str | None:
        """The id of the finished image, if an earlier build has made it and the store has it."""
        image = self.cache.image(self._key(filesystem, config))
        return image if image in self.store.ids else None

    def create(self, state: State, config: ImageConfig) -> str:
        """Make the image of a built stage; gives its id."""
        diff_ids = state.layers.diff_ids if state.layers else ()
        history = layered(config.history, len(diff_ids) - len(state.groups), state.groups)
        whole = replace(config, diff_ids=diff_ids, history=history)
        created = _now() if self.created is None else _date(self.created)
        image = self.backend.create_image(render_config(whole, created))
        self.cache.remember_image(self._key(state.key, config), image)
        return image

    def missing_names(self, image: str, tags: tuple[str, ...]) -> tuple[str, ...]:
        """The whole names among `tags` that the image does not have yet."""
        names = dict.fromkeys(str(parse(tag)) for tag in tags)
        return tuple(
            name
            for name in names
            if name not in self.store.by_name or self.store.by_name[name].id != image
        )

    def _key(self, filesystem: str, config: ImageConfig) -> str:
        created = "" if self.created is None else _date(self.created)
        blob = render_config(replace(config, diff_ids=()), created)
        return image_key(filesystem, blob, self.policy)


def layered(
    history: Sequence[HistoryEntry], base: int, groups: Sequence[int]
) -> tuple[HistoryEntry, ...]:
    """History with exactly one line per layer that is not marked as empty.

    `history` has one for each of the `base` lower layers and for each step; `groups` tells how many
    steps went into each layer above. The last step of a group stands for its layer.
    """
    ends = {base + sum(groups[: count + 1]) for count in range(len(groups))}
    told = 0
    lines = []
    for entry in history:
        told += not entry.empty_layer
        merged = not entry.empty_layer and told > base and told not in ends
        lines.append(replace(entry, empty_layer=True) if merged else entry)
    assert told == base + sum(groups), f"{told} lines of history, {base} layers below {groups}"
    return tuple(lines)


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


def clear_iidfile(path: Path) -> None:
    """Remove the id that an earlier build has written. Raises HostError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _no_iidfile(path, error) from error


def write_iidfile(path: Path, image: str) -> None:
    """Write the image id to a file, all at once. Raises HostError."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        staged.write_text(f"sha256:{image}")
        os.replace(staged, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            staged.unlink()
        raise _no_iidfile(path, error) from error


def _no_iidfile(path: Path, error: OSError) -> HostError:
    return HostError(f"cannot write the image id to {path}: {error.strerror}", id="iidfile")


def _date(seconds: int) -> str:
    date = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return date.isoformat() + "Z"


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

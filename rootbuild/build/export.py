"""The finished image: its config and history on top of the target's layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rootbuild.backend import Backend, Layers
from rootbuild.build.checkpoint import LayerPolicy
from rootbuild.build.execute import Parts, State, finish_target
from rootbuild.build.remotecache.imported import Imported
from rootbuild.build.store import Store
from rootbuild.cache.database import Cache, Snapshot
from rootbuild.errors import HostError
from rootbuild.image.config import HistoryEntry, ImageConfig, render_config
from rootbuild.image.dates import date, now
from rootbuild.plan.keys import image_key

Inline = Callable[[bytes, str, Snapshot, Mapping[str, str]], bytes]
"""A config, the key and the layers of what it is for, dates of images by key -> the config."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """Turns the target's result into an image of the store, unless it is there already.

    `created` is the date that the image is to have, in seconds; None means now, or when it was
    made elsewhere. `inline` writes into a config what the image is as a cache.
    """

    backend: Backend
    cache: Cache
    store: Store
    policy: LayerPolicy
    created: int | None = None
    imported: Imported = field(default_factory=Imported)
    inline: Inline | None = None

    def known(self, filesystem: str, config: ImageConfig) -> str | None:
        """The id of the finished image, if an earlier build has made it and the store has it."""
        image = self.remembered(filesystem, config)
        return image if image in self.store.ids else None

    def remembered(self, filesystem: str, config: ImageConfig) -> str | None:
        """The id of the finished image as the cache knows it, be it in the store or not."""
        return self.cache.image(self.key(filesystem, config))

    def create(
        self, parts: Parts, state: State, config: ImageConfig, names: tuple[str, ...]
    ) -> str:
        """Make the image of the built target and give it names; its id."""
        groups = (*state.groups, state.pending) if state.pending else state.groups
        key = self.key(state.key, config)
        usual = now() if self.created is None else date(self.created)
        created = self.imported.dates.get(key) or usual

        def describe(diff_ids: tuple[str, ...]) -> bytes:
            history = layered(config.history, len(diff_ids) - len(groups), groups)
            whole = replace(config, diff_ids=diff_ids, history=history)
            blob = render_config(whole, created)
            if self.inline is None:
                return blob
            snapshot = Snapshot(Layers("", diff_ids), groups)
            return self.inline(blob, state.key, snapshot, {key: created})

        image = finish_target(parts, state, describe, names)
        self.cache.remember_image(key, image)
        return image

    def key(self, filesystem: str, config: ImageConfig) -> str:
        """What the finished image is remembered under."""
        created = "" if self.created is None else date(self.created)
        blob = render_config(replace(config, diff_ids=()), created)
        policy = self.policy if self.inline is None else f"{self.policy} inline"
        return image_key(filesystem, blob, policy)


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
    if told != base + sum(groups):
        raise HostError(
            f"a cache has layers that do not fit: {told} lines of history, {base} layers below "
            f"those of {groups} steps",
            id="bad-cache",
            hint="leave that --cache-from out, or build with --no-cache",
        )
    return tuple(lines)

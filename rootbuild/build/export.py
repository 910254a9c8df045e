"""The finished image: its config and history on top of the target's layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rootbuild.backend import Backend, Layers
from rootbuild.build.checkpoint import LayerPolicy
from rootbuild.build.execute import Parts, State, finish_target
from rootbuild.build.remotecache.imported import Imported
from rootbuild.build.store import Store
from rootbuild.cache.database import Cache, Snapshot
from rootbuild.errors import HostError
from rootbuild.image.config import HistoryEntry, ImageConfig, render_config
from rootbuild.image.dates import date, now
from rootbuild.plan.keys import image_key, key
from rootbuild.plan.plan import Plan
from rootbuild.records import dataclass, field, replace

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

    def create(self, parts: Parts, target: int, state: State, names: tuple[str, ...]) -> str:
        """Make the image of a target that is built and give it names; its id."""
        config = parts.plan.stage(target).config
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

        image = finish_target(parts, target, state, describe, names)
        self.cache.remember_image(key, image)
        return image

    def key(self, filesystem: str, config: ImageConfig) -> str:
        """What the finished image is remembered under."""
        created = "" if self.created is None else date(self.created)
        blob = render_config(replace(config, diff_ids=()), created)
        policy = self.policy if self.inline is None else f"{self.policy} inline"
        return image_key(filesystem, blob, policy)


@dataclass(frozen=True, slots=True)
class Made:
    """The id of what has the names, and those of the images of all targets.

    `told` is the digest by which others know it, empty if that is its id.
    """

    id: str
    images: tuple[str, ...]
    told: str = ""


@dataclass(frozen=True, slots=True)
class Exports:
    """The result of a plan: an image, or an index of the images of several targets."""

    exporter: Exporter
    plan: Plan

    def known(self, filesystems: Sequence[str | None]) -> Made | None:
        """The result, if the store has it. `filesystems` are the targets' keys."""
        images, result = self._images(filesystems), self.remembered(filesystems)
        live = self.exporter.store.ids
        if result is None or result not in live or not live.issuperset(images):
            return None
        return Made(result, tuple(images))

    def remembered(self, filesystems: Sequence[str | None]) -> str | None:
        """The id of the result as the cache knows it, be it in the store or not."""
        images = self._images(filesystems)
        if len(images) < len(filesystems):
            return None
        return images[0] if len(images) == 1 else self.exporter.cache.image(_index_key(images))

    def _images(self, filesystems: Sequence[str | None]) -> list[str]:
        """The ids of the targets' images, without those that the cache does not know."""
        images = (
            None if key is None else self.exporter.remembered(key, self.plan.stage(target).config)
            for target, key in zip(self.plan.targets, filesystems, strict=True)
        )
        return [image for image in images if image is not None]

    def create(self, parts: Parts, states: Sequence[State], names: tuple[str, ...]) -> Made:
        """Make the images of all targets, and an index of several, which gets the names.

        An index lives by its names. Without any it is the first of the images that counts.
        """
        targets, make = self.plan.targets, self.exporter.create
        if len(targets) == 1:
            image = make(parts, targets[0], states[0], names)
            return Made(image, (image,))
        images = [make(parts, *built, ()) for built in zip(targets, states, strict=True)]
        if not names:
            return Made(images[0], tuple(images))
        index = self.exporter.backend.create_index(images, names)
        self.exporter.cache.remember_image(_index_key(images), index)
        return Made(index, tuple(images))


def _index_key(images: Sequence[str]) -> str:
    return key("index", *images)


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

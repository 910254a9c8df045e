"""What was read from caches elsewhere: results by key, none of which is in the store yet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rootbuild.backend import Layers
from rootbuild.cache.database import Snapshot
from rootbuild.image.config import ImageConfig, render_config
from rootbuild.records import dataclass, field

if TYPE_CHECKING:  # most builds import nothing
    from rootbuild.build.remotecache.places import Place
    from rootbuild.build.remotecache.record import Blob, Record


@dataclass(frozen=True, slots=True)
class Kept:
    """A blob, and where it is."""

    blob: Blob
    place: Place


@dataclass(slots=True)
class Imported:
    """All caches together; what comes first wins.

    A result is an image that can be made of its layers, whose id is known before.
    """

    blobs: dict[str, Kept] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    mounts: dict[str, Kept] = field(default_factory=dict)
    _steps: dict[str, Snapshot] = field(default_factory=dict)
    _images: dict[str, list[str]] = field(default_factory=dict)

    def add(self, record: Record, place: Place) -> None:
        """Take over what a place offers."""
        for diff_id, blob in record.blobs.items():
            self.blobs.setdefault(diff_id, Kept(blob, place))
        for name, blob in record.mounts.items():
            self.mounts.setdefault(name, Kept(blob, place))
        for key, result in record.steps.items():
            if key not in self._steps:
                image = hashlib.sha256(bare_config(result.diff_ids)).hexdigest()
                self._steps[key] = Snapshot(Layers(image, result.diff_ids), result.groups)
                self._images.setdefault(image, []).append(key)
        for table, found in ((self.contents, record.contents), (self.dates, record.dates)):
            table.update({key: value for key, value in found.items() if key not in table})

    @property
    def empty(self) -> bool:
        """Whether nothing was found."""
        return not self._steps

    def snapshot(self, key: str) -> Snapshot | None:
        """The result of the step with that key."""
        return self._steps.get(key)

    def results(self, image: str) -> Iterator[tuple[str, Snapshot]]:
        """The results that an image (id) stands for; none if it is not one of these."""
        for key in self._images.get(image, ()):
            yield key, self._steps[key]


def bare_config(diff_ids: tuple[str, ...]) -> bytes:
    """The config of an image that is nothing but layers."""
    return render_config(ImageConfig(diff_ids=diff_ids), "")

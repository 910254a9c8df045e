"""All that is kept for builds, wherever it lies."""

from __future__ import annotations

from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.build.ground import Folders
from rootbuild.build.kept.entry import Entry, total
from rootbuild.build.kept.folders import SHELVES
from rootbuild.build.kept.images import Images
from rootbuild.build.kept.rules import Rules
from rootbuild.cache.database import open_cache
from rootbuild.cache.upkeep import KeptImage, kept_images
from rootbuild.facts import disk
from rootbuild.records import dataclass
from rootbuild.storage.index import Index, UnknownLayoutError


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went, and how many bytes of the disk that has freed."""

    entries: tuple[Entry, ...]
    freed: int


@dataclass(frozen=True, slots=True)
class Pantry:
    """What one user's builds have kept. To be used inside of the engine's namespace.

    There files of all owners can be seen and removed.
    """

    backend: Backend
    folders: Folders

    def entries(self) -> list[Entry]:
        """All of it. Raises HostError."""
        found = self._images.entries(self._kept())
        for shelf in SHELVES:
            found += shelf.entries(self.folders.cache)
        return found

    def prune(self, rules: Rules) -> Pruned:
        """Remove what the rules say, as far as nobody uses it meanwhile. Raises HostError."""
        before = self.entries()
        chosen = rules.chosen(before, self.free())
        if not chosen:
            return Pruned((), 0)
        self._images.remove([entry for entry in chosen if entry.kind == "regular"], self._kept)
        for shelf in SHELVES:
            for entry in chosen:
                if entry.kind == shelf.kind:
                    shelf.remove(self.folders.cache, entry.id)
        after = self.entries()
        left = {entry.id for entry in after}
        gone = tuple(entry for entry in chosen if entry.id not in left)
        return Pruned(gone, max(total(before) - total(after), 0))

    def free(self) -> int:
        """How many bytes of the store's disk are free."""
        room = disk.look(self.place())
        return room.bytes if room else 0

    def place(self) -> Path:
        """The folder whose disk counts: that of the store, where it is known."""
        try:
            return Index().folder()
        except UnknownLayoutError:
            return self.folders.cache

    @property
    def _images(self) -> Images:
        return Images(self.backend, self.folders.state / "builds")

    def _kept(self) -> list[KeptImage]:
        path = self.folders.cache / "cache.db"
        if not path.exists():
            return []
        with open_cache(path) as cache:
            return kept_images(cache)

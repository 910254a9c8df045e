"""Which of the kept things are to go."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rootbuild.build.kept.entry import Entry, fitting, oldest_first, total
from rootbuild.records import dataclass

Test = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class Space:
    """How much may stay, in bytes; None is nothing said.

    No more than `most` in all, and `free` bytes of the disk are to be free, but `reserved` may stay
    in any case. If nothing is said, nothing stays.
    """

    most: int | None = None
    reserved: int | None = None
    free: int | None = None

    def keep(self, taken: int, free: int) -> int | None:
        """How much of what is `taken` may stay, when so much of the disk is `free`; None: nothing.

        What is to be free is made free by removing things, as far as they go.
        """
        if self.most is None and self.free is None:
            return self.reserved
        bounds = [] if self.most is None else [self.most]
        if self.free is not None:
            bounds.append(taken - max(self.free - free, 0))
        return max(min(bounds), self.reserved or 0)


@dataclass(frozen=True, slots=True)
class Rules:
    """Entries for which all `tests` hold go, the least recently used first, as far as `space` says.

    Without `everything`, results stay that images with a name share: they are the cache of images
    that somebody still has, and take no space of their own.
    """

    everything: bool = False
    tests: tuple[Test, ...] = ()
    space: Space = Space()

    def chosen(self, entries: Sequence[Entry], free: int) -> list[Entry]:
        """Those that go; `free` bytes of the disk are free."""
        order = [entry for entry in oldest_first(entries) if self._may_go(entry)]
        taken = total(entries)
        keep = self.space.keep(taken, free)
        return order if keep is None else fitting(entries, order, keep)

    def _may_go(self, entry: Entry) -> bool:
        if entry.use or (entry.shared and not self.everything):
            return False
        return all(test(entry) for test in self.tests)

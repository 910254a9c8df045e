"""What is kept, as data, and how much of the disk it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from rootbuild.records import dataclass

Kind = Literal["regular", "exec.cachemount", "source.git.checkout", "source.http"]
"""BuildKit's names, but for the last one: it does not tell files by URL from results of steps."""

KINDS: tuple[Kind, ...] = ("regular", "exec.cachemount", "source.git.checkout", "source.http")


@dataclass(frozen=True, slots=True)
class Entry:
    """A result of a step (an image without a name), a cache mount, or what was fetched.

    `parts` are what it takes of the disk, in bytes by name, the top layer first: several results
    may consist of the same layers. What other images have as well is not among them; a `shared`
    result has nothing else. One in `use` stays. `finished` is the result of a whole build.
    `used` is when it was last of use (Unix time).
    """

    id: str
    kind: Kind
    used: float
    about: str = ""
    parts: tuple[tuple[str, int], ...] = ()
    shared: bool = False
    use: bool = False
    finished: bool = False


def total(entries: Iterable[Entry]) -> int:
    """The bytes of all, each part once."""
    return sum({name: size for entry in entries for name, size in entry.parts}.values())


def sizes(entries: Sequence[Entry]) -> dict[str, int]:
    """The bytes of each by its id; what several have counts for the one that has the fewest."""
    found: dict[str, int] = {}
    counted: set[str] = set()
    for entry in sorted(entries, key=lambda entry: (len(entry.parts), entry.id)):
        found[entry.id] = sum(size for name, size in entry.parts if name not in counted)
        counted.update(name for name, _ in entry.parts)
    return found


def reclaimable(entries: Sequence[Entry]) -> int:
    """The bytes that are gone if all goes that is not in use."""
    return total(entries) - total(entry for entry in entries if entry.use)


def oldest_first(entries: Sequence[Entry]) -> list[Entry]:
    """In the order in which they had better go: the least recently used, upper ones before lower.

    What lies below others is of use as long as they are.
    """
    used: dict[str, float] = {}
    for entry in entries:
        for name, _ in entry.parts:
            used[name] = max(entry.used, used.get(name, entry.used))

    def order(entry: Entry) -> tuple[float, int, str]:
        last = used[entry.parts[0][0]] if entry.parts else entry.used
        return last, -len(entry.parts), entry.id

    return sorted(entries, key=order)


def fitting(entries: Sequence[Entry], leaving: Sequence[Entry], keep: int) -> list[Entry]:
    """The first of those that may be `leaving`, so that all that is left takes `keep` bytes."""
    holders = Counter(name for entry in entries for name, _ in entry.parts)
    left, gone = total(entries), []
    for entry in leaving:
        if left <= keep:
            break
        gone.append(entry)
        for name, size in entry.parts:
            holders[name] -= 1
            left -= 0 if holders[name] else size
    return gone

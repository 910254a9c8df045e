"""The sources of a COPY or ADD, found in a tree."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rootbuild.errors import BuildError
from rootbuild.files.digest import DigestCache, Meter, SelectionDigest
from rootbuild.files.entries import Node, descend, listing, read_entries
from rootbuild.files.inventory import Inventory
from rootbuild.files.narrowed import narrowed
from rootbuild.files.paths import Parts, join, shown, split
from rootbuild.files.rootfs import Place
from rootbuild.files.tree import Tree
from rootbuild.files.wildcard import (
    BadPatternError,
    Wildcard,
    compile_wildcard,
    has_wildcard,
)
from rootbuild.records import dataclass

if TYPE_CHECKING:  # few COPYs have the flags that need these
    from rootbuild.dockerfile.ignore import Matcher
    from rootbuild.files.parents import ParentsSource


@dataclass(frozen=True, slots=True)
class Chosen:
    """One source, or one match of a pattern.

    `name` is its base name as written or matched (a link's own name, not its target's); `parts` is
    where it really is in the tree; `node` is what is there, with everything below.
    """

    name: str
    parts: Parts
    node: Node

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory, whose content is what gets copied."""
        return self.node.is_directory

    def walk(self) -> Iterator[tuple[Parts, Node]]:
        """What gets copied: (directory relative to the copy, node). For a file, just that."""
        if self.is_directory:
            return descend(self.node)
        return iter([((), self.node)])

    @property
    def base(self) -> Parts:
        """The real directory in the tree that `walk`'s directories are relative to."""
        return self.parts if self.is_directory else self.parts[:-1]


@dataclass(frozen=True, slots=True)
class Selection:
    """Everything that one COPY or ADD takes from one tree, in the order of copying.

    `sources` is how many sources were written, patterns counted once.
    """

    tree: Tree
    sources: int
    chosen: tuple[Chosen, ...]

    @property
    def size(self) -> int:
        """How many bytes all files have together."""
        return sum(
            node.status.st_size
            for chosen in self.chosen
            for _, node in chosen.walk()
            if stat.S_ISREG(node.status.st_mode)
        )

    def digest(
        self,
        known: DigestCache | None,
        *,
        owners: bool,
        inventory: Inventory | None = None,
        meter: Meter | None = None,
    ) -> str:
        """A digest (hex) of all that shapes the result of copying this, and of nothing else.

        For each source its base name if it is a file; for each entry its relative path, type,
        mode, content or target or device number, capabilities, hard links among the entries, and
        uid and gid when `owners` (COPY --from keeps them; from the context they do not matter).
        Not: times, the directory that was named, anything that was not selected.

        Content is read only where `known` has no digest for a file (see DigestCache). What was
        found is noted in `inventory`, and `meter` told what is read. Raises the tree's error when a
        file cannot be read.
        """
        work = SelectionDigest(self.tree, known, owners=owners, inventory=inventory, meter=meter)
        for chosen in self.chosen:
            work.begin("" if chosen.is_directory else chosen.name)
            work.add(chosen.base, chosen.walk())
        return work.result()


def select(
    tree: Tree, sources: Sequence[str], *, parents: bool = False, excludes: Sequence[str] = ()
) -> Selection:
    """Find the sources of a COPY.

    A source is relative to the tree's root, which `..` and links cannot leave. A pattern (Go's
    filepath.Match) may match nothing; a path must exist, else the tree's `missing` error is
    raised. A source that is a link stands for what it leads to.

    With `parents` (--parents) each source is a directory of which a part is taken. `excludes`
    (--exclude) are patterns for what is left out: files by their path below the directory that is
    copied, single files by their name. A directory that is named stays, even if it becomes empty.
    """
    excluded = _matcher(excludes)
    choose = _choose_parts if parents else _choose
    chosen = tuple(found for source in sources for found in choose(tree, source, excluded))
    return Selection(tree, len(sources), chosen)


def select_exactly(tree: Tree, path: str) -> Selection:
    """What is at a path, in which no character is special. It must exist."""
    return Selection(tree, 1, (_take(tree, split(path)),))


def _matcher(patterns: Sequence[str]) -> Matcher | None:
    if not patterns:
        return None
    from rootbuild.dockerfile.ignore import Matcher

    return Matcher(patterns)


def _choose(tree: Tree, source: str, excluded: Matcher | None) -> Iterator[Chosen]:
    for match in _matching(tree, split(source)):
        taken = _take(tree, match, excluded)
        if taken.is_directory or excluded is None or not excluded.ignored(taken.name):
            yield taken


def _choose_parts(tree: Tree, text: str, excluded: Matcher | None) -> Iterator[Chosen]:
    """What --parents takes: directories that are copied in part, each with its path below."""
    from rootbuild.files.parents import parents_source

    source = parents_source(text)
    wanted = source.matcher()
    for match in _matching(tree, source.start):
        taken = _take(tree, match, excluded, wanted)
        if source.literal and not _left_out(source, excluded) and not source.found_in(taken.node):
            raise tree.missing(shown((*source.start, *source.below)))
        if taken.is_directory or wanted is None:
            yield taken


def _left_out(source: ParentsSource, excluded: Matcher | None) -> bool:
    return excluded is not None and excluded.ignored(join(source.below))


def _matching(tree: Tree, parts: Parts) -> list[Parts]:
    return _expand(tree, parts) if has_wildcard(join(parts)) else [parts]


def _take(tree: Tree, parts: Parts, *matchers: Matcher | None) -> Chosen:
    place = _find(tree, parts)
    if place is None or place.status is None:
        raise tree.missing(shown(parts))
    node = read_entries(narrowed(tree, place.parts, *matchers), place.parts, place.status)
    if stat.S_ISLNK(node.status.st_mode) or _hidden(tree, place.parts, node):
        raise tree.missing(shown(parts))
    return Chosen(parts[-1] if parts else "", place.parts, node)


def _find(tree: Tree, parts: Parts) -> Place | None:
    try:
        place = tree.root.resolve(parts)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise tree.unreadable(shown(parts), error) from error
    return None if any(tree.ignored(join(link)) for link in place.links) else place


def _hidden(tree: Tree, parts: Parts, node: Node) -> bool:
    """A hidden directory is there all the same when something below it is visible."""
    return bool(parts) and tree.ignored(join(parts)) and not node.children


def _expand(tree: Tree, parts: Parts) -> list[Parts]:
    """The matches of a pattern, in byte order. Links on the way are followed before the pattern's
    first wildcard only, as BuildKit does."""
    first = next(index for index, name in enumerate(parts) if has_wildcard(name))
    wildcards = [_compiled(name, parts) for name in parts[first:]]
    base = _find(tree, parts[:first])
    if base is None or not base.is_directory:
        return []
    found = [base.parts]
    for depth, wildcard in enumerate(wildcards, 1):
        last = depth == len(wildcards)
        found = [match for above in found for match in _matches(tree, above, wildcard, last)]
    return found


def _compiled(name: str, parts: Parts) -> Wildcard:
    try:
        return compile_wildcard(name)
    except BadPatternError as error:
        raise BuildError(
            f"syntax error in pattern: {shown(parts)}",
            hint="close the `[`, or write `[[]` for a `[` that is part of the name",
        ) from error


def _matches(tree: Tree, above: Parts, wildcard: Wildcard, last: bool) -> Iterator[Parts]:
    for name, is_directory in _names(tree, above):
        if not wildcard.matches(name) or not (last or is_directory):
            continue
        parts = (*above, name)
        if not tree.ignored(join(parts)) or (is_directory and _leads_to_visible(tree, parts)):
            yield parts


def _leads_to_visible(tree: Tree, parts: Parts) -> bool:
    if not tree.may_hold_included(join(parts)):
        return False
    place = tree.root.resolve(parts)
    return place.status is not None and bool(read_entries(tree, parts, place.status).children)


def _names(tree: Tree, above: Parts) -> list[tuple[str, bool]]:
    try:
        with tree.root.trail() as trail, listing(trail.at(above)) as (_, entries):
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    except OSError as error:
        raise tree.unreadable(shown(above), error) from error

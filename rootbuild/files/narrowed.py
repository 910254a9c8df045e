"""A tree seen through patterns: what --exclude leaves out, and what --parents asks for.

Patterns are those of .dockerignore, as in BuildKit. They are relative to the directory that is
copied.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rootbuild.errors import RootbuildError
from rootbuild.files.paths import Parts, join
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.tree import Tree

if TYPE_CHECKING:  # few trees are narrowed
    from rootbuild.dockerfile.ignore import Matcher


class Narrowed:
    """What the patterns leave of a tree below one of its directories. A Tree itself."""

    def __init__(self, tree: Tree, base: Parts, matchers: Iterable[Matcher]) -> None:
        self._tree = tree
        self._prefix = len(join(base)) + 1 if base else 0
        self._matchers = tuple(matchers)

    @property
    def root(self) -> Rootfs:
        """The root of the tree behind it: paths are relative to that, as always."""
        return self._tree.root

    @property
    def whole(self) -> bool:
        """Patterns are there to hide something."""
        return False

    def ignored(self, path: str) -> bool:
        """Whether the tree hides an entry, or a pattern leaves it out."""
        return self._tree.ignored(path) or any(
            matcher.ignored(path[self._prefix :]) for matcher in self._matchers
        )

    def may_hold_included(self, directory: str) -> bool:
        """Whether something below a directory may be visible to the tree and all patterns."""
        if self._tree.ignored(directory) and not self._tree.may_hold_included(directory):
            return False
        below = directory[self._prefix :]
        return all(
            not matcher.ignored(below) or matcher.may_hold_included(below)
            for matcher in self._matchers
        )

    def missing(self, path: str) -> RootbuildError:
        """The tree's own error."""
        return self._tree.missing(path)

    def unreadable(self, path: str, error: OSError) -> RootbuildError:
        """The tree's own error."""
        return self._tree.unreadable(path, error)


def narrowed(tree: Tree, base: Parts, *matchers: Matcher | None) -> Tree:
    """The tree as the given matchers leave it; the tree itself if there are none."""
    given = [matcher for matcher in matchers if matcher is not None]
    return Narrowed(tree, base, given) if given else tree

"""Sources of COPY --parents: a directory to start from, and a pattern for paths below it.

`a/b/./c/*` keeps `c/...` below the destination, as `/./` (the first one) marks what is cut off.
Without it the whole path is kept. `**` stands for any number of directories.
"""

from __future__ import annotations

import re

from rootbuild.dockerfile.ignore import Matcher
from rootbuild.files.entries import Node
from rootbuild.files.paths import Parts, join, split
from rootbuild.files.wildcard import has_wildcard
from rootbuild.records import dataclass

_PIVOT = "/./"


@dataclass(frozen=True, slots=True)
class ParentsSource:
    """A source: `start` is a path or an ordinary pattern, `below` what is wanted below it."""

    start: Parts
    below: Parts

    @property
    def literal(self) -> bool:
        """Whether it names one path, which then has to exist."""
        return not has_wildcard(join(self.start)) and not has_wildcard(join(self.below))

    def matcher(self) -> Matcher | None:
        """What it takes of a directory: all that does not match is ignored. None takes all.

        Raises ContextError for a malformed pattern.
        """
        return Matcher(("**", f"!{join(self.below)}")) if self.below else None

    def found_in(self, node: Node) -> bool:
        """Whether a path without wildcards is among what was taken of its start."""
        here: Node | None = node
        for name in self.below:
            here = here.children.get(_unescaped(name)) if here else None
        return here is not None


def parents_source(source: str) -> ParentsSource:
    """Read a source of COPY --parents."""
    start, pivot, below = source.partition(_PIVOT)
    return ParentsSource(split(start), split(below)) if pivot else ParentsSource((), split(source))


def _unescaped(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name, flags=re.DOTALL)

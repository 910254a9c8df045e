"""The build context during a build: what each step takes from it, looked up once."""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.cache.files import FileDigests
from rootbuild.context.directory import DirectoryContext
from rootbuild.errors import RootbuildError
from rootbuild.files.selection import Selection, select, select_exactly
from rootbuild.files.tree import Tree
from rootbuild.plan.steps import Reading


class ContextFiles:
    """Selections out of the context and their digests, remembered for the length of a build."""

    def __init__(self, tree: DirectoryContext, digests: FileDigests, source: str) -> None:
        self._tree = tree
        self._digests = digests
        self._source = source
        self._selections: dict[Reading, Selection] = {}
        self._known: dict[Reading, str] = {}

    def select(self, reading: Reading) -> Selection:
        """What a step names. Raises ContextError at the instruction if a file is missing."""
        if reading not in self._selections:
            try:
                self._selections[reading] = read(self._tree, reading)
            except RootbuildError as error:
                error.locate(reading.location, self._source)
                raise
        return self._selections[reading]

    def digest(self, reading: Reading) -> str:
        """The digest of what it names; owners do not count, as files become root's."""
        if reading not in self._known:
            self._known[reading] = self.select(reading).digest(self._digests, owners=False)
        return self._known[reading]

    @property
    def known(self) -> Mapping[Reading, str]:
        """All digests that were asked for."""
        return self._known


def read(tree: Tree, reading: Reading) -> Selection:
    """What a step takes out of a tree."""
    if reading.exact:
        return select_exactly(tree, reading.paths[0])
    return select(tree, reading.paths, parents=reading.parents, excludes=reading.excludes)

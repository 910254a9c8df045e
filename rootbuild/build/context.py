"""The contexts during a build: what each step takes from them, looked up once."""

from __future__ import annotations

from rootbuild.build.trees import Trees
from rootbuild.cache.files import FileDigests
from rootbuild.errors import RootbuildError
from rootbuild.files.selection import Selection, select, select_exactly
from rootbuild.files.tree import Tree
from rootbuild.graph.stages import ContextBase
from rootbuild.plan.steps import Reading


class ContextFiles:
    """Selections out of contexts and their digests, remembered for the length of a build."""

    def __init__(self, trees: Trees, digests: FileDigests, source: str) -> None:
        self._trees = trees
        self._digests = digests
        self._source = source
        self._selections: dict[Reading, Selection] = {}
        self._known: dict[Reading, str] = {}

    def select(self, reading: Reading) -> Selection:
        """What a step names. Raises ContextError at the instruction if a file is missing."""
        if reading not in self._selections:
            assert reading.source is None or isinstance(reading.source, ContextBase)
            try:
                self._selections[reading] = read(self._trees.find(reading.source), reading)
            except RootbuildError as error:
                error.locate(reading.location, self._source)
                raise
        return self._selections[reading]

    def digest(self, reading: Reading) -> str:
        """The digest of what it names; owners do not count, as files become root's."""
        if reading not in self._known:
            self._known[reading] = self.select(reading).digest(self._digests, owners=False)
        return self._known[reading]


def read(tree: Tree, reading: Reading) -> Selection:
    """What a step takes out of a tree."""
    if reading.exact:
        return select_exactly(tree, reading.paths[0])
    return select(tree, reading.paths, parents=reading.parents, excludes=reading.excludes)

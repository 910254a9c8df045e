"""The build context during a build: what each step takes from it, looked up once."""

from __future__ import annotations

import threading

from rootbuild.build.once import Once
from rootbuild.cache.files import FileDigests
from rootbuild.context.directory import DirectoryContext
from rootbuild.errors import RootbuildError
from rootbuild.files.selection import Selection, select, select_exactly
from rootbuild.files.tree import Tree
from rootbuild.plan.steps import Reading


class ContextFiles:
    """Selections out of the context and their digests, remembered for the length of a build.

    Several threads may ask.
    """

    def __init__(self, tree: DirectoryContext, digests: FileDigests, source: str) -> None:
        self._tree = tree
        self._digests = digests
        self._source = source
        self._selections: dict[Reading, Selection] = {}
        self._known: Once[Reading, str] = Once(self._digest)
        self._lock = threading.Lock()

    def select(self, reading: Reading) -> Selection:
        """What a step names. Raises ContextError at the instruction if a file is missing."""
        with self._lock:
            if reading not in self._selections:
                try:
                    self._selections[reading] = read(self._tree, reading)
                except RootbuildError as error:
                    error.locate(reading.location, self._source)
                    raise
            return self._selections[reading]

    def digest(self, reading: Reading) -> str:
        """The digest of what it names; owners do not count, as files become root's."""
        return self._known[reading]

    def _digest(self, reading: Reading) -> str:
        return self.select(reading).digest(self._digests, owners=False)


def read(tree: Tree, reading: Reading) -> Selection:
    """What a step takes out of a tree."""
    if reading.exact:
        return select_exactly(tree, reading.paths[0])
    return select(tree, reading.paths, parents=reading.parents, excludes=reading.excludes)

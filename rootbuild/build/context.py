"""The build context during a build: what each COPY takes from it, looked up once."""

from __future__ import annotations

from rootbuild.cache.files import FileDigests
from rootbuild.context.directory import DirectoryContext
from rootbuild.errors import RootbuildError
from rootbuild.files.selection import Selection, select
from rootbuild.files.tree import Tree
from rootbuild.plan.steps import CopyStep


def take(tree: Tree, step: CopyStep) -> Selection:
    """What a COPY or ADD names in a tree."""
    return select(tree, step.sources, parents=step.parents, excludes=step.excludes)


class ContextFiles:
    """Selections out of the context and their digests, remembered for the length of a build."""

    def __init__(self, tree: DirectoryContext, digests: FileDigests, source: str) -> None:
        self._tree = tree
        self._digests = digests
        self._source = source
        self._selections: dict[CopyStep, Selection] = {}
        self._known: dict[CopyStep, str] = {}

    def select(self, step: CopyStep) -> Selection:
        """What a COPY names. Raises ContextError at the instruction if a file is missing."""
        if step not in self._selections:
            try:
                self._selections[step] = take(self._tree, step)
            except RootbuildError as error:
                error.locate(step.location, self._source)
                raise
        return self._selections[step]

    def digest(self, step: CopyStep) -> str:
        """The digest of what it names; owners do not count, as COPY makes files root's."""
        if step not in self._known:
            self._known[step] = self.select(step).digest(self._digests, owners=False)
        return self._known[step]

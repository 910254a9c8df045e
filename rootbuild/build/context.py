"""What each step takes out of contexts, and of remote sources, looked up once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from rootbuild.build.explain.inventories import Inventories
from rootbuild.build.fetched import RemoteFiles
from rootbuild.build.meter import ContextMeter
from rootbuild.build.once import Once
from rootbuild.build.trees import Trees
from rootbuild.cache.files import FileDigests
from rootbuild.errors import RootbuildError
from rootbuild.files.digest import Meter
from rootbuild.files.selection import Selection, select, select_exactly
from rootbuild.files.tree import Tree
from rootbuild.graph.stages import ContextBase
from rootbuild.plan.steps import Reading


class ContextFiles:
    """Selections out of contexts or a remote, and their digests, remembered for a build.

    Several threads may ask. What the files are is noted in `inventories`, if there are any, and
    `meter` is told what is read of contexts.
    """

    def __init__(
        self,
        trees: Trees,
        remote: RemoteFiles,
        digests: FileDigests,
        source: str,
        meter: ContextMeter,
        inventories: Inventories | None = None,
    ) -> None:
        self._trees = trees
        self._remote = remote
        self._digests = digests
        self._source = source
        self._inventories = inventories
        self._meter = meter
        self._selections: Once[Reading, Selection] = Once(self._select)
        self._known: Once[Reading, str] = Once(self._digest)

    def select(self, reading: Reading) -> Selection:
        """What a step names.

        Raises ContextError at the instruction if a file is missing, RemoteError for remote ones.
        """
        return self._selections[reading]

    def digest(self, reading: Reading) -> str:
        """The digest of what it names; owners do not count, as files become root's."""
        return self._known[reading]

    @property
    def known(self) -> Mapping[Reading, str]:
        """All digests that were asked for."""
        return self._known.made()

    def _select(self, reading: Reading) -> Selection:
        with self._located(reading):
            if reading.remote is not None:
                return self._remote.select(reading, reading.remote)
            assert reading.source is None or isinstance(reading.source, ContextBase)
            return read(self._trees.find(reading.source), reading)

    def _digest(self, reading: Reading) -> str:
        with self._located(reading):
            if reading.remote is not None:
                return self._remote.digest(reading, reading.remote, lambda: self.select(reading))
            with self._meter.reading((reading.source, reading.marks)) as meter:
                return self._read(self.select(reading), reading, meter)

    def _read(self, selection: Selection, reading: Reading, meter: Meter) -> str:
        if self._inventories is None:
            return selection.digest(self._digests, owners=False, meter=meter)
        main = reading.source is None
        return self._inventories.digest(
            selection, self._digests, owners=False, meter=meter, context=main
        )

    @contextlib.contextmanager
    def _located(self, reading: Reading) -> Iterator[None]:
        try:
            yield
        except RootbuildError as error:
            error.locate(reading.location, self._source)
            raise


def read(tree: Tree, reading: Reading) -> Selection:
    """What a step takes out of a tree."""
    if reading.exact:
        return select_exactly(tree, reading.paths[0])
    return select(tree, reading.paths, parents=reading.parents, excludes=reading.excludes)

"""What steps take out of remote sources."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from rootbuild.build.remotes import Remotes
from rootbuild.build.vertices import Vertices
from rootbuild.cache.database import Cache
from rootbuild.cache.files import FileDigests
from rootbuild.dockerfile.ignore import Matcher
from rootbuild.errors import BuildError, RootbuildError
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import Selection, select, select_exactly
from rootbuild.files.tree import not_found
from rootbuild.plan.keys import content_key
from rootbuild.plan.steps import Reading
from rootbuild.records import replace
from rootbuild.remote.sources import GitSource, RemoteSource


class RemoteFiles:
    """One half's view of what a build has fetched. A context manager."""

    def __init__(self, remotes: Remotes, cache: Cache, vertices: Vertices) -> None:
        self._remotes = remotes
        self._cache = cache
        self._vertices = vertices
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> RemoteFiles:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def select(self, reading: Reading, source: RemoteSource) -> Selection:
        """What a step takes. Raises RemoteError."""
        root = self._stack.enter_context(Rootfs(self._remotes.folder(source, self._vertices)))
        tree = RemoteTree(root, source)
        if isinstance(source, GitSource):
            return select(tree, reading.paths, excludes=reading.excludes)
        return _file(tree, reading)

    def digest(
        self, reading: Reading, source: RemoteSource, selected: Callable[[], Selection]
    ) -> str:
        """The digest of what it takes, remembered so that nothing need be fetched to know it.

        `selected` gives what `select` gave, or has it do so.
        """
        key = content_key(self._remotes.identity(source, self._vertices), reading.marks)
        known = self._cache.content(key)
        if known is None:
            known = selected().digest(FileDigests(self._cache), owners=False)
            self._cache.remember_content(key, known)
        return known


class RemoteTree:
    """All that was fetched for a source."""

    def __init__(self, root: Rootfs, source: RemoteSource) -> None:
        self.root = root
        self.whole = True
        self._source = source

    def ignored(self, path: str) -> bool:
        """Nothing is hidden."""
        return False

    def may_hold_included(self, directory: str) -> bool:
        """Everything is visible."""
        return True

    def missing(self, path: str) -> RootbuildError:
        """Somebody has deleted what we have fetched."""
        return BuildError(not_found(path), hint="the cache was changed during the build")

    def unreadable(self, path: str, error: OSError) -> RootbuildError:
        """The cache is ours, but somebody may have changed it."""
        return BuildError(f'cannot read "{path}" of {self._source.shown}: {error.strerror}')


def _file(tree: RemoteTree, reading: Reading) -> Selection:
    """A downloaded file under the name that it is to get."""
    from rootbuild.remote.download import CONTENT

    (name,) = reading.paths
    found = select_exactly(tree, CONTENT)
    if reading.excludes and Matcher(reading.excludes).ignored(name):
        return replace(found, chosen=())
    return replace(found, chosen=tuple(replace(chosen, name=name) for chosen in found.chosen))

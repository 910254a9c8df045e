"""Remote sources during a build: fetched when a step needs them, each once.

`Remotes` lasts for both halves of a build (see `build`), so that the one inside of the namespace
finds what was fetched outside. `RemoteFiles` is one half's view of it.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rootbuild.build.mounts.secret import secret_value
from rootbuild.build.options import Agent, Secret
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
from rootbuild.remote.access import Access
from rootbuild.remote.sources import GitSource, HttpSource, RemoteSource

AGENT = "default"


class Remotes:
    """What a build has fetched so far, held until the block ends. Safe to use from threads.

    `cache` is the folder below which it is kept; `numbers` are those of progress.
    """

    def __init__(self, cache: Path, secrets: Sequence[Secret], agents: Sequence[Agent]) -> None:
        self.numbers: Iterator[int] = itertools.count(1)
        self._cache = cache
        self._secrets = secrets
        self._agents = agents
        self._stack = contextlib.ExitStack()
        self._folders: dict[RemoteSource, Path] = {}
        self._identities: dict[RemoteSource, str] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Remotes:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def identity(self, source: RemoteSource, vertices: Vertices) -> str:
        """What tells a source's content from any other: a checksum, or a commit and its part.

        The remote is asked where the source itself does not say it. Raises RemoteError.
        """
        with self._lock:
            if source not in self._identities:
                self._identities[source] = self._identify(source, vertices)
            return self._identities[source]

    def folder(self, source: RemoteSource, vertices: Vertices) -> Path:
        """The folder with the content of a source, fetched now if need be. Raises RemoteError."""
        identity = self.identity(source, vertices)
        with self._lock:
            if source not in self._folders:
                if isinstance(source, HttpSource):
                    self._download(source, vertices)
                else:
                    self._check_out(source, identity.partition(" ")[0], vertices)
            return self._folders[source]

    def _identify(self, source: RemoteSource, vertices: Vertices) -> str:
        if isinstance(source, HttpSource):
            return source.checksum or self._download(source, vertices)
        from rootbuild.remote.git import resolve, tree_name

        with contextlib.ExitStack() as stack:
            if source.commit is None:
                stack.enter_context(vertices.open(f"resolve {source.shown}"))
            commit = resolve(source, self._access())
        return f"{commit} {tree_name(source, commit)}"

    def _download(self, source: HttpSource, vertices: Vertices) -> str:
        from rootbuild.remote.download import downloaded

        with vertices.open(f"load {source.shown}"):
            held = downloaded(source, self._cache / "downloads", self._secret)
            found = self._stack.enter_context(held)
        self._folders[source] = found.folder
        return f"sha256:{found.digest}"

    def _check_out(self, source: GitSource, commit: str, vertices: Vertices) -> None:
        from rootbuild.remote.git import checked_out

        with vertices.open(f"load {source.shown}") as vertex:
            vertex.status(commit)
            held = checked_out(source, commit, self._cache / "git", self._access())
            self._folders[source] = self._stack.enter_context(held)

    def _access(self) -> Access:
        agents = (agent.socket for agent in reversed(self._agents) if agent.id == AGENT)
        return Access(self._secret, next(agents, None))

    def _secret(self, name: str) -> bytes | None:
        return secret_value(self._secrets, name)


class RemoteFiles:
    """What steps take out of remote sources. A context manager."""

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

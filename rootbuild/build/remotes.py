"""Remote sources during a build: fetched when a step needs them, each once.

`Remotes` lasts for both halves of a build (see `build`), so that the one inside of the namespace
finds what was fetched outside. Nothing here is heavy to import, as every build holds one.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild import process
from rootbuild.build.halt import Halt
from rootbuild.build.options import Agent, Secret
from rootbuild.build.vertices import Vertices
from rootbuild.web.lines import Lines

if TYPE_CHECKING:  # most builds fetch nothing
    from rootbuild.remote.access import Access
    from rootbuild.remote.sources import GitSource, HttpSource, RemoteSource

AGENT = "default"


class Remotes:
    """What a build has fetched so far, held until the block ends. Safe to use from threads.

    `cache` is the folder below which it is kept; `numbers` are those of progress. Downloads end
    with Canceled when `halt` is pressed, which is the whole build's switch.
    """

    def __init__(self, cache: Path, secrets: Sequence[Secret], agents: Sequence[Agent]) -> None:
        self.numbers: Iterator[int] = itertools.count(1)
        self.halt = Halt()
        self.lines = Lines()
        self._waiting = process.Waiting()
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
        from rootbuild.remote.sources import HttpSource

        identity = self.identity(source, vertices)
        with self._lock:
            if source not in self._folders:
                if isinstance(source, HttpSource):
                    self._download(source, vertices)
                else:
                    self._check_out(source, identity.partition(" ")[0], vertices)
            return self._folders[source]

    def stop(self) -> None:
        """End what fetches something for other threads; `halt` was pressed before."""
        self._waiting.end()
        self.lines.cut()

    def _identify(self, source: RemoteSource, vertices: Vertices) -> str:
        from rootbuild.remote.sources import HttpSource

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
        from rootbuild.web.patience import Patience

        patience = Patience(wait=self.halt.pause, connected=self.lines.note)
        with vertices.open(f"load {source.shown}"):
            held = downloaded(source, self._cache / "downloads", self._secret, patience)
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
        from rootbuild.remote.access import Access

        agents = (agent.socket for agent in reversed(self._agents) if agent.id == AGENT)
        return Access(self._secret, next(agents, None), self._waiting)

    def _secret(self, name: str) -> bytes | None:
        from rootbuild.build.mounts.secret import secret_value

        return secret_value(self._secrets, name)

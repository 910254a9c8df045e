"""Where repositories are kept: a folder per remote, below the cache folder."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from rootbuild.records import dataclass
from rootbuild.remote.access import Access
from rootbuild.remote.locks import locked
from rootbuild.remote.repository import Remote, Repository
from rootbuild.remote.secrets import without_password


@dataclass(frozen=True, slots=True)
class Forge:
    """All repositories that are kept below `cache`, and what opens their remotes."""

    cache: Path
    access: Access

    def place(self, url: str) -> Path:
        """The folder of a remote."""
        name = without_password(url).encode("utf-8", "surrogateescape")
        return self.cache / hashlib.sha256(name).hexdigest()

    @contextlib.contextmanager
    def repository(self, url: str, commit: str, *, nested: bool = False) -> Iterator[Repository]:
        """The repository of a remote, with a commit in it, for nobody else during the block.

        Inside the block no other one may be asked for: two builds would wait for each other.
        """
        repository = Repository(self.place(url) / "repository")
        with locked(repository.path):
            if not repository.has(commit):
                repository.fetch(Remote(url, self.access, nested), commit)
            yield repository

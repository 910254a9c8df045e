"""Remote sources as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_CREDENTIALS = re.compile(r"^([A-Za-z0-9+.-]+://)[^/@]*@")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

Mtime = Literal["checkout", "commit"]


@dataclass(frozen=True, slots=True)
class HttpSource:
    """A file by its URL. `checksum` is like `sha256:HEX`, or empty."""

    url: str
    checksum: str = ""

    @property
    def shown(self) -> str:
        """The URL as messages show it."""
        return redacted(self.url)


@dataclass(frozen=True, slots=True)
class GitSource:
    """A commit of a git repository, or a folder of it.

    `remote` is what git is given. `ref` is a commit, branch, tag or whole ref; empty is the default
    branch. `checksum` is the begin of the commit's name that must come out. `keep_git_dir` None
    means that nobody asked. `fetch_by_commit` takes the commit that `checksum` names in full,
    without asking whether the ref leads there. `mtime` says which time files get.
    """

    remote: str
    ref: str = ""
    subdir: str = ""
    checksum: str = ""
    keep_git_dir: bool | None = None
    submodules: bool = True
    mtime: Mtime = "checkout"
    fetch_by_commit: bool = False

    @property
    def shown(self) -> str:
        """The remote as messages show it."""
        return redacted(self.remote)

    @property
    def commit(self) -> str | None:
        """The commit, where that is known without asking the remote."""
        if self.fetch_by_commit and is_commit(self.checksum):
            return self.checksum
        return self.ref if is_commit(self.ref) else None


RemoteSource = HttpSource | GitSource


def is_commit(text: str) -> bool:
    """Whether this is the full name of a commit."""
    return _COMMIT.fullmatch(text) is not None


def redacted(url: str) -> str:
    """A URL without user and password."""
    return _CREDENTIALS.sub(r"\1xxxxx@", url)

"""Remote sources as data."""

from __future__ import annotations

import re
from typing import Literal

from rootbuild.records import dataclass

_CREDENTIALS = re.compile(r"^([A-Za-z0-9+.-]+://)[^/@]*@")
_REMOTE = re.compile(r"[A-Za-z0-9]+://|[A-Za-z0-9_-]+@[A-Za-z0-9.-]+:|github\.com/")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

UNNAMED = "__unnamed__"

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

    @property
    def name(self) -> str:
        """The name that the file gets when only its directory is named."""
        from urllib.parse import unquote, urlsplit

        try:
            path = urlsplit(self.url).path
        except ValueError:
            return UNNAMED  # it cannot be fetched either, which is told then
        name = unquote(path, errors="surrogateescape").rstrip("/").rpartition("/")[2]
        return UNNAMED if name in ("", ".", "..") or "\0" in name else name


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
        """The source as messages show it."""
        ref = f"#{self.ref}" if self.ref else ""
        return f"{redacted(self.remote)}{ref}"

    @property
    def commit(self) -> str | None:
        """The commit, where that is known without asking the remote."""
        if self.fetch_by_commit and is_commit(self.checksum):
            return self.checksum
        return self.ref if is_commit(self.ref) else None


RemoteSource = HttpSource | GitSource


def may_be_remote(source: str) -> bool:
    """Whether a source could be a remote one at all; most are paths, which this tells cheaply."""
    return _REMOTE.match(source) is not None


def is_commit(text: str) -> bool:
    """Whether this is the full name of a commit."""
    return _COMMIT.fullmatch(text) is not None


def redacted(url: str) -> str:
    """A URL without user and password."""
    return _CREDENTIALS.sub(r"\1xxxxx@", url)

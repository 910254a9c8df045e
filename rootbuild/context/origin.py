"""Where a context comes from: a folder (a `Path`), standard input, a URL, or nowhere."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from rootbuild.errors import UsageError
from rootbuild.records import dataclass

if TYPE_CHECKING:  # most contexts are folders
    from rootbuild.remote.sources import RemoteSource

STDIN = "-"
# What a remote source could begin with; most contexts are folders, for which nothing is loaded.
_REMOTE = re.compile(r"[^/]*(://|@)|github\.com/")


@dataclass(frozen=True, slots=True)
class Stdin:
    """Standard input: an archive, or a Dockerfile that needs no files."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No files at all."""


Origin: TypeAlias = "Path | Stdin | Nothing | RemoteSource"


def main_origin(text: str) -> Origin:
    """The context that a build is started with. A folder wins over a URL that reads like it.

    Raises DockerfileError for a git URL that is malformed, UsageError for nothing at all.
    """
    if text == STDIN:
        return Stdin()
    if not text:
        raise UsageError('unable to prepare context: path "" not found', exit_code=1)
    return Path(text) if os.path.isdir(text) else named_origin(text)


def named_origin(text: str) -> Origin:
    """A context that is given a name: a URL, or else a folder, whether there is one or not."""
    return remote_source(text) or Path(text)


def remote_source(text: str) -> RemoteSource | None:
    """The source that a URL means; None for a path. Raises DockerfileError."""
    if _REMOTE.match(text) is None:
        return None
    from rootbuild.remote.parse import parse_source

    return parse_source(text, context=True)

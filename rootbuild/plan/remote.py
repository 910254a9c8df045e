"""Which sources of COPY and ADD are remote, and what the flags of ADD say about them."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.dockerfile.instructions import Add, Copy
from rootbuild.errors import DockerfileError
from rootbuild.records import replace
from rootbuild.remote.sources import GitSource, HttpSource, RemoteSource, may_be_remote


def remote_sources(
    copy: Copy | Add, sources: Sequence[str], checksum: str | None
) -> tuple[RemoteSource | None, ...]:
    """For each of the sources, as expanded, what it is if it is remote; nothing if none is.

    `checksum` is that of ADD, expanded. Raises DockerfileError, in BuildKit's words, for what
    COPY cannot have, for a checksum that has nothing to check, and for what contradicts itself.
    """
    if checksum and len(sources) != 1:
        raise DockerfileError("checksum can't be specified for multiple sources")
    found = tuple(_remote(source) for source in sources)
    if isinstance(copy, Copy):
        for remote in found:
            _refuse(remote)
    elif checksum and found == (None,):
        raise DockerfileError("checksum requires HTTP(S) or Git sources")
    if isinstance(copy, Copy) or found == (None,) * len(found):
        return ()
    return tuple(_flagged(remote, copy, checksum or "") for remote in found)


def _remote(source: str) -> RemoteSource | None:
    if not may_be_remote(source):
        return None
    from rootbuild.remote.parse import parse_source

    return parse_source(source)


def _refuse(remote: RemoteSource | None) -> None:
    if remote is not None:
        kind = "git ref" if isinstance(remote, GitSource) else "URL"
        raise DockerfileError(f"source can't be a {kind} for COPY", hint="use ADD")


def _flagged(remote: RemoteSource | None, add: Add, checksum: str) -> RemoteSource | None:
    match remote:
        case HttpSource():
            return _checked(remote, checksum) if checksum else remote
        case GitSource():
            return _agreed(remote, add.keep_git_dir, checksum)
        case None:
            return None


def _checked(remote: HttpSource, checksum: str) -> HttpSource:
    from rootbuild.remote.checksum import parse_checksum

    return replace(remote, checksum=str(parse_checksum(checksum)))


def _agreed(remote: GitSource, keep: bool | None, checksum: str) -> GitSource:
    """The flags and the URL may both say something, but must say the same."""
    if None not in (keep, remote.keep_git_dir) and keep != remote.keep_git_dir:
        raise DockerfileError("inconsistent keep-git-dir configuration")
    if checksum and remote.checksum and checksum != remote.checksum:
        raise DockerfileError(f'checksum mismatch "{checksum}" != "{remote.checksum}"')
    return replace(
        remote,
        keep_git_dir=keep if remote.keep_git_dir is None else remote.keep_git_dir,
        checksum=checksum or remote.checksum,
    )

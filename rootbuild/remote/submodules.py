"""Submodules of a commit: where they go, where they come from, and which commit of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rootbuild.errors import RemoteError
from rootbuild.records import dataclass
from rootbuild.remote.parse import parse_remote
from rootbuild.remote.program import Call, git, succeed
from rootbuild.remote.repository import Repository
from rootbuild.remote.sources import redacted

GITLINK = "160000"
_HEAD = re.compile(r"[A-Za-z0-9]+://[^/]*|[^:/]*:")
_KEY = re.compile(r"submodule\.(.*)\.(path|url|update)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Submodule:
    """A commit of another repository, at a path below the one that names it."""

    path: str
    url: str
    commit: str


def submodules(repository: Repository, commit: str, remote: str) -> Iterator[Submodule]:
    """The submodules that a commit names. Raises RemoteError for one without a usable URL."""
    links = _links(repository, commit)
    if not links:
        return
    named = _named(repository, commit)
    for path, target in links.items():
        entry = named.get(path, {})
        if entry.get("update") == "none":
            continue
        url = entry.get("url", "")
        if not url:
            raise _unusable(path, remote, "has no URL in .gitmodules")
        whole = relative(url, remote) if url.startswith(("./", "../")) else url
        if whole is None or parse_remote(whole) is None:
            raise _unusable(path, remote, f"has a URL that is not followed: {redacted(url)}")
        yield Submodule(path, whole, target)


def relative(url: str, remote: str) -> str | None:
    """A URL that begins with `./` or `../`, seen from the remote that names it.

    None where it leads out of the remote's host.
    """
    head = _HEAD.match(remote)
    assert head is not None
    path = remote[head.end() :]
    names = [name for name in path.split("/") if name]
    parts = url.split("/")
    while parts and parts[0] in (".", ".."):
        if parts.pop(0) == "..":
            if not names:
                return None
            names.pop()
    return head[0] + ("/" if path.startswith("/") else "") + "/".join([*names, *parts])


def _links(repository: Repository, commit: str) -> dict[str, str]:
    listed = succeed(
        Call(repository.call("ls-tree", "-r", "-z", "--full-tree", commit)),
        f"failed to read commit {commit}",
    )
    found = {}
    for line in listed.stdout.split(b"\0"):
        if line.startswith(GITLINK.encode()):
            about, _, path = line.partition(b"\t")
            found[path.decode("utf-8", "surrogateescape")] = about.split()[2].decode()
    return found


def _named(repository: Repository, commit: str) -> dict[str, Mapping[str, str]]:
    """What .gitmodules says, by path. It is read as a blob: nothing is included or followed."""
    blob = f"--blob={commit}:.gitmodules"
    listed = git(Call(repository.call("config", blob, "--null", "--list")))
    found: dict[str, dict[str, str]] = {}
    for line in listed.stdout.decode("utf-8", "surrogateescape").split("\0"):
        key, _, value = line.partition("\n")
        match = _KEY.fullmatch(key)
        if match is not None:
            found.setdefault(match[1], {})[match[2]] = value
    return {entry["path"].rstrip("/"): entry for entry in found.values() if "path" in entry}


def _unusable(path: str, remote: str, why: str) -> RemoteError:
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return RemoteError(
        f"the submodule {shown} of {redacted(remote)} {why}",
        id="git-submodule",
        hint="submodules are fetched by http, https, ssh and git; to do without them, add "
        "?submodules=false to the URL of the repository",
    )

"""Telling remote sources from paths, and reading what users write about them.

Source of the rules: BuildKit's Dockerfile frontend. Nothing here asks anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from rootbuild.booleans import read_boolean
from rootbuild.errors import DockerfileError
from rootbuild.records import dataclass, replace
from rootbuild.remote.sources import (
    GitSource,
    HttpSource,
    RemoteSource,
    is_commit,
    may_be_remote,
)

_SCHEME = re.compile(r"([A-Za-z0-9]+)://")
_SCP = re.compile(
    r"(?P<host>[A-Za-z0-9_-]+@[A-Za-z0-9.-]+):(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
# What no name of a ref has (git-check-ref-format), and what a program could take for an option.
_BAD_REF = re.compile(r"^-|[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^/|/$|\.lock$|\.$")
_GITHUB = "github.com/"
_KEYS = frozenset(
    (
        *("ref", "tag", "branch", "subdir", "checksum", "commit"),
        *("keep-git-dir", "submodules", "mtime", "fetch-by-commit"),
    )
)
_FLAGS = frozenset(("keep-git-dir", "submodules", "fetch-by-commit"))


@dataclass(frozen=True, slots=True)
class _Url:
    """A git URL taken apart: `remote` is without query and fragment."""

    remote: str
    query: str
    fragment: str


def parse_source(source: str, *, context: bool = False) -> RemoteSource | None:
    """What a source is; None for a path. `context` also takes `github.com/OWNER/REPOSITORY`.

    Raises DockerfileError for a git URL with options that are wrong or conflict.
    """
    if not may_be_remote(source):
        return None
    url = _git_url(source, context=context)
    if url is not None:
        return _git_source(url)
    return HttpSource(source) if source.startswith(("http://", "https://")) else None


def parse_remote(url: str) -> GitSource | None:
    """A git repository by its bare URL, as .gitmodules names it; None for what is refused.

    Raises DockerfileError for a URL that a program could take for an option.
    """
    scheme = _SCHEME.match(url)
    if scheme is not None:
        if scheme[1].lower() not in ("http", "https", "ssh", "git"):
            return None
        return _checked(GitSource(url))
    return _checked(GitSource(url)) if _SCP.fullmatch(url) and "?" not in url else None


def _git_url(source: str, *, context: bool) -> _Url | None:
    scheme = _SCHEME.match(source)
    if scheme is not None:
        return _standard_url(source, scheme[1].lower())
    if source.startswith(_GITHUB):
        return _standard_url(f"https://{source}", "") if context else None
    found = _SCP.fullmatch(source)
    if found is None:
        return None
    return _Url(f"{found['host']}:{found['path']}", found["query"] or "", found["fragment"] or "")


def _standard_url(source: str, scheme: str) -> _Url | None:
    try:
        parts = urlsplit(source)
    except ValueError:
        return None
    if scheme in ("http", "https") and not parts.path.endswith(".git"):
        return None
    if scheme not in ("", "http", "https", "ssh", "git"):
        return None
    return _Url(
        f"{parts.scheme}://{parts.netloc}{parts.path}", parts.query, unquote(parts.fragment)
    )


def _git_source(url: _Url) -> GitSource:
    ref, _, subdir = url.fragment.partition(":")
    source = GitSource(url.remote, ref=ref, subdir=subdir)
    if url.query:
        source = _with_query(source, _query(url.query))
    return _checked(source)


def _query(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, values in parse_qs(text, keep_blank_values=True).items():
        if len(values) > 1:
            raise DockerfileError(f'query "{key}" has multiple values')
        if key not in _KEYS:
            raise DockerfileError(f'unexpected query "{key}"')
        if not values[0] and key not in _FLAGS:
            raise DockerfileError(f'query "{key}" has no value')
        found[key] = values[0]
    return found


def _with_query(source: GitSource, query: Mapping[str, str]) -> GitSource:
    checksum = query.get("checksum") or query.get("commit") or ""
    ref = _ref(source.ref, query)
    mtime = query.get("mtime", "checkout")
    if mtime not in ("checkout", "commit"):
        raise DockerfileError(f'invalid mtime value: "{mtime}"', hint="it is checkout or commit")
    return replace(
        source,
        ref=ref or checksum,
        subdir=_same("subdir", source.subdir, query.get("subdir", "")),
        checksum=checksum,
        keep_git_dir=_flag(query, "keep-git-dir") if "keep-git-dir" in query else None,
        submodules=_flag(query, "submodules") if "submodules" in query else True,
        mtime="commit" if mtime == "commit" else "checkout",
        fetch_by_commit=_flag(query, "fetch-by-commit") if "fetch-by-commit" in query else False,
    )


def _ref(ref: str, query: Mapping[str, str]) -> str:
    ref = _same("ref", ref, query.get("ref", ""))
    if "tag" in query and "branch" in query:
        raise DockerfileError("branch conflicts with tag")
    for key, prefix in (("tag", "refs/tags/"), ("branch", "refs/heads/")):
        if key in query:
            ref = _same("ref", ref, prefix + query[key].removeprefix(prefix))
    return ref


def _same(what: str, one: str, other: str) -> str:
    """The one of two ways to say something that was used; both must say the same."""
    if one and other and one != other:
        raise DockerfileError(f'{what} conflicts: "{one}" vs "{other}"')
    return one or other


def _flag(query: Mapping[str, str], key: str) -> bool:
    value = query[key]
    flag = read_boolean(value) if value else True
    if flag is None:
        raise DockerfileError(f'invalid {key} value: "{value}"')
    return flag


def _checked(source: GitSource) -> GitSource:
    """Refuse what is no ref, and what git or ssh could take for an option."""
    if source.ref and _BAD_REF.search(source.ref):
        raise DockerfileError(f'invalid git ref: "{source.ref}"')
    if source.fetch_by_commit and not is_commit(source.checksum):
        raise DockerfileError("fetch-by-commit needs checksum to be a full commit hash")
    where, _, path = source.remote.partition(":")
    host = where.rpartition("@")[2]
    if "://" in source.remote:
        parts = urlsplit(source.remote)
        where, host, path = parts.netloc, parts.hostname or "", parts.path
    words = (where, host, path.lstrip("/"))
    if not host or any(word.startswith("-") for word in words) or _unprintable(source.remote):
        raise DockerfileError(f'invalid git URL: "{source.shown}"')
    return source


def _unprintable(text: str) -> bool:
    return any(char <= " " or char == "\x7f" for char in text)

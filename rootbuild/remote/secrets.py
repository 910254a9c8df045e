"""Credentials for remote sources: which secrets of the build hold them, and the header they make.

What comes out here goes into requests, and to git by its environment; nowhere else.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from rootbuild.errors import RemoteError
from rootbuild.remote.access import FindSecret

_GITHUB = ("https://github.com/", "https://www.github.com/")


def http_authorization(url: str, secret: FindSecret) -> str | None:
    """The Authorization header for a URL: by a secret for its host, or by the URL itself."""
    host = urlsplit(url).hostname or ""
    names = ((f"HTTP_AUTH_TOKEN_{host}", True), (f"HTTP_AUTH_HEADER_{host}", False))
    for name, token in names:
        value = _value(secret, name)
        if value is not None:
            return f"Bearer {value}" if token else value
    return _by_url(url)


def git_authorization(remote: str, secret: FindSecret, *, nested: bool = False) -> str | None:
    """The Authorization header for a git remote: by a secret for its host, one for all, or its URL.

    A submodule (`nested`) gets only what is meant for its host.
    """
    parts = urlsplit(remote)
    if parts.scheme not in ("http", "https"):
        return None
    for name in _git_secrets(parts.netloc.rpartition("@")[2], everywhere=not nested):
        value = _value(secret, name)
        if value is not None:
            return _basic("x-access-token", value) if "TOKEN" in name else value
    return _by_url(remote)


def scope(remote: str) -> str:
    """The URLs that a remote's credentials are good for: itself, or all of GitHub's."""
    return next((prefix for prefix in _GITHUB if remote.startswith(prefix)), remote)


def without_password(url: str) -> str:
    """The URL as a program may have it on its command line: the user's name may stay."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return parts._replace(netloc=host if colon else parts.netloc).geturl() if name else url


def _git_secrets(host: str, *, everywhere: bool) -> Iterable[str]:
    for suffix in (f".{host}", f"_{host}", *([""] if everywhere else [])):
        yield f"GIT_AUTH_HEADER{suffix}"
        yield f"GIT_AUTH_TOKEN{suffix}"


def _value(secret: FindSecret, name: str) -> str | None:
    found = secret(name)
    if found is None:
        return None
    try:
        value = found.decode("ascii").strip("\r\n")
    except UnicodeDecodeError:
        value = "\n"
    if "\n" in value or "\r" in value or "\0" in value:
        raise RemoteError(f"secret {name} cannot be sent: it is not one line of ASCII text")
    return value


def _by_url(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.password is None:
        return None
    return _basic(unquote(parts.username or ""), unquote(parts.password))


def _basic(user: str, password: str) -> str:
    return f"basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"

"""One GET over HTTP, until it comes to an answer: redirects, proxies, retries, and clear errors.

Proxies are those of the environment (`http_proxy` and its like, `no_proxy`).
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from email.message import Message
from http.client import HTTPResponse
from typing import IO, TypeVar
from urllib.parse import quote, urlsplit

from rootbuild import __version__
from rootbuild.errors import RemoteError
from rootbuild.records import dataclass
from rootbuild.remote.sources import redacted
from rootbuild.web.opener import opener
from rootbuild.web.patience import PASSING, PassingError, Patience, persist, refusal
from rootbuild.web.trouble import understood

Result = TypeVar("Result")
Headers = Mapping[str, str]

NOT_MODIFIED = 304
_SAFE = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: its status (200 or 304), headers, and body still to be read."""

    status: int
    headers: Message
    body: IO[bytes]


@dataclass(frozen=True, slots=True)
class Address:
    """A URL as users wrote it, and as it is requested: encoded, without credentials."""

    url: str
    target: str

    @property
    def shown(self) -> str:
        """The URL as messages show it."""
        return redacted(self.url)

    @property
    def host(self) -> str:
        """The host's name."""
        return urlsplit(self.target).hostname or ""


def address(url: str) -> Address:
    """Read a URL. Raises RemoteError for one that cannot be requested."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if not host or any(char <= " " for char in parts.netloc):
            raise ValueError("no host")
        port = "" if parts.port is None else f":{parts.port}"
        name = f"[{host}]" if ":" in host else host.encode("idna").decode()
    except ValueError as error:
        raise RemoteError(f"invalid URL: {redacted(url)}", id="bad-url") from error
    target = parts._replace(netloc=f"{name}{port}", fragment="").geturl()
    return Address(url, quote(target.encode("utf-8", "surrogateescape"), safe=_SAFE))


def get(
    where: Address, headers: Headers, take: Callable[[Response], Result], patience: Patience
) -> Result:
    """Request a URL and hand the answer to `take`, again where something passing went wrong.

    `take` gets an answer with status 200 or 304, and may be called again after a cut connection.
    Raises RemoteError.
    """
    sent = {"User-Agent": f"rootbuild/{__version__}", **headers}
    request = urllib.request.Request(where.target, headers=sent)  # noqa: S310 - see web.opener
    try:
        return persist(lambda: _once(request, where, take, patience), patience)
    except PassingError as error:
        raise _failed(where, str(error)) from error


def _once(
    request: urllib.request.Request,
    where: Address,
    take: Callable[[Response], Result],
    patience: Patience,
) -> Result:
    def unreachable(reason: str) -> Exception:
        return _no_way(where, reason)

    def untrusted(reason: str, certificate: bool) -> Exception:
        return _untrusted(where, reason, certificate)

    try:
        with (
            understood(where.host, unreachable, untrusted),
            closing(_opened(request, where, patience)) as answer,
        ):
            return take(Response(answer.status, answer.headers, answer))
    except urllib.error.HTTPError as error:
        with closing(error):
            if error.code == NOT_MODIFIED:
                return take(Response(error.code, error.headers, error))
            if error.code in PASSING:
                raise refusal(error.code, error.headers) from error
            raise _refused(where, error) from error


def _opened(request: urllib.request.Request, where: Address, patience: Patience) -> HTTPResponse:
    try:
        with_connections = opener(patience.connected)
        answer: HTTPResponse = with_connections.open(request, timeout=patience.timeout)
    except ValueError as error:  # of a redirect to what is no URL
        raise RemoteError(
            f"failed to load {where.shown}: the server's answer makes no sense: {error}",
            id="remote-failed",
        ) from error
    return answer


def _untrusted(where: Address, reason: str, certificate: bool) -> RemoteError:
    hint = (
        "the server's certificate is not to be trusted; if it should be, name the "
        "certificates of its authority by the variable SSL_CERT_FILE"
    )
    return RemoteError(
        f"failed to load {where.shown}: {reason}",
        id="remote-tls",
        hint=hint if certificate else "",
    )


def _no_way(where: Address, reason: str) -> RemoteError:
    return RemoteError(
        f"failed to load {where.shown}: {reason}",
        id="remote-unreachable",
        hint="check the address and the network; proxies are taken from http_proxy, https_proxy "
        "and no_proxy",
    )


def _failed(where: Address, reason: str) -> RemoteError:
    return RemoteError(
        f"failed to load {where.shown}: {reason}",
        id="remote-failed",
        hint="it was tried several times; try again later",
    )


def _refused(where: Address, error: urllib.error.HTTPError) -> RemoteError:
    name, hint = "remote-failed", ""
    if error.code in (401, 403, 407):
        name = "remote-denied"
        hint = (
            f"if it wants a token, give it with --secret id=HTTP_AUTH_TOKEN_{where.host},src=FILE"
        )
    elif error.code in (404, 410):
        name, hint = "remote-not-found", "check the address"
    elif error.code in (301, 302, 303, 307, 308):
        hint = "it redirects in a circle, too often, or to what is no HTTP"
    return RemoteError(
        f"failed to load {where.shown}: invalid response status {error.code}", id=name, hint=hint
    )

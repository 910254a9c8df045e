"""One GET over HTTP, until it comes to an answer: redirects, proxies, retries, and clear errors.

Proxies are those of the environment (`http_proxy` and its like, `no_proxy`).
"""

from __future__ import annotations

import email.utils
import http.client
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from typing import IO, TypeVar
from urllib.parse import quote, urlsplit

from rootbuild import __version__
from rootbuild.errors import RemoteError
from rootbuild.remote.sources import redacted

Result = TypeVar("Result")
Headers = Mapping[str, str]

NOT_MODIFIED = 304
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
_LONGEST_PAUSE = 60.0
_SAFE = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is made before it has failed, and how long each thing may take (s).

    `wait` waits for that many seconds, and is called with 0 before each piece of work: what it
    raises ends the matter.
    """

    attempts: int = 4
    pause: float = 0.5
    timeout: float = 30.0
    wait: Callable[[float], object] = time.sleep


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: its status (200 or 304), headers, and body still to be read."""

    status: int
    headers: Message
    body: IO[bytes]


class PassingError(Exception):
    """What may go better next time; `after` is how long the server says to wait (seconds)."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


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
    request = urllib.request.Request(where.target, headers=sent)  # noqa: S310 - see _opener
    pause = patience.pause
    for left in reversed(range(patience.attempts)):
        patience.wait(0)
        try:
            return _once(request, where, take, patience.timeout)
        except PassingError as error:
            if not left:
                raise _failed(where, str(error)) from error
            patience.wait(min(pause if error.after is None else error.after, _LONGEST_PAUSE))
            pause *= 2
    raise AssertionError("no attempt was made")


def _once(
    request: urllib.request.Request,
    where: Address,
    take: Callable[[Response], Result],
    timeout: float,
) -> Result:
    try:
        with closing(_opened(request, where, timeout)) as answer:
            return take(Response(answer.status, answer.headers, answer))
    except urllib.error.HTTPError as error:
        with closing(error):
            if error.code == NOT_MODIFIED:
                return take(Response(error.code, error.headers, error))
            if error.code in _PASSING:
                reason = f"invalid response status {error.code}"
                raise PassingError(reason, _retry_after(error.headers)) from error
            raise _refused(where, error) from error
    except urllib.error.URLError as error:
        cause = error.reason
        raise _unreachable(where, cause if isinstance(cause, OSError) else error) from error
    except http.client.IncompleteRead as error:
        raise PassingError("the connection was cut") from error
    except http.client.HTTPException as error:
        raise PassingError(f"the answer is not HTTP ({type(error).__name__})") from error
    except (TimeoutError, ConnectionError, ssl.SSLError) as error:
        raise _unreachable(where, error) from error


def _opened(
    request: urllib.request.Request, where: Address, timeout: float
) -> http.client.HTTPResponse:
    try:
        answer: http.client.HTTPResponse = _opener().open(request, timeout=timeout)
    except ValueError as error:  # of a redirect to what is no URL
        raise RemoteError(
            f"failed to load {where.shown}: the server's answer makes no sense: {error}",
            id="remote-failed",
        ) from error
    return answer


def _unreachable(where: Address, error: OSError) -> Exception:
    """What became of a connection: something passing, or an error that says what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return RemoteError(
            f"failed to load {where.shown}: {error.verify_message or 'bad certificate'}",
            id="remote-tls",
            hint="the server's certificate is not to be trusted; if it should be, name the "
            "certificates of its authority by the variable SSL_CERT_FILE",
        )
    if isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN:
        return _no_way(where, f"no such host: {where.host}")
    if isinstance(error, ConnectionRefusedError):
        return _no_way(where, "connection refused")
    if isinstance(error, ssl.SSLError):
        return RemoteError(
            f"failed to load {where.shown}: TLS: {error.reason or error}", id="remote-tls"
        )
    if isinstance(error, TimeoutError):
        return PassingError("no answer in time")
    if isinstance(error, ConnectionError):
        return PassingError("the connection was cut")
    if isinstance(error, socket.gaierror):
        return PassingError(error.strerror or "the host's name could not be looked up")
    return _no_way(where, error.strerror or str(error))


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


def _retry_after(headers: Message) -> float | None:
    value = headers.get("Retry-After")
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to HTTP alone, and takes credentials to the same server only."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> urllib.request.Request | None:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if after.scheme not in ("http", "https"):
            return None
        request = urllib.request.Request(newurl, unverifiable=True)  # noqa: S310 - checked above
        same = (before.scheme, before.netloc) == (after.scheme, after.netloc)
        for name, value in req.header_items():
            if name.lower() != "host" and (same or name.lower() != "authorization"):
                request.add_header(name, value)
        return request

    http_error_308 = urllib.request.HTTPRedirectHandler.http_error_302  # Python 3.10 has none


def _opener() -> urllib.request.OpenerDirector:
    """An opener for HTTP and nothing else: no files, no FTP, no data URLs."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener

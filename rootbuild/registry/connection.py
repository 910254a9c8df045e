"""Requests to one registry: the way there, who we are, patience, and clear errors."""

from __future__ import annotations

import contextlib
import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from email.message import Message
from typing import IO, TypeVar
from urllib.parse import urljoin, urlsplit

from rootbuild import __version__
from rootbuild.errors import RegistryError
from rootbuild.records import dataclass
from rootbuild.registry.authorization import Authorization, Credentials
from rootbuild.registry.certificates import context
from rootbuild.registry.failures import denied, gave_up, refused, unreachable, untrusted
from rootbuild.registry.hosts import Place
from rootbuild.registry.transport import is_local
from rootbuild.web.opener import opener
from rootbuild.web.patience import PASSING, PassingError, Patience, persist, refusal
from rootbuild.web.trouble import understood

Result = TypeVar("Result")

_LONGEST_TOKEN = 1 << 20
_PING_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: a URL or a path below `/v2/`; `scope` is what a token has to allow.

    `body` gives the content anew for each attempt; without a `length` it is sent in chunks.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    scope: str
    body: Callable[[], bytes | Iterable[bytes]] | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Status (2xx, or one that was expected), headers, and a body still to be read."""

    status: int
    headers: Message
    body: IO[bytes]
    url: str

    @property
    def location(self) -> str:
        """The URL that the answer leads to."""
        return urljoin(self.url, self.headers.get("Location", ""))


class Connection:
    """One server, for as long as a build lasts. May be used by several threads at once."""

    def __init__(
        self, place: Place, credentials: Callable[[], Credentials], patience: Patience
    ) -> None:
        self._place = place
        self.host = place.host
        self.patience = patience
        self._scheme = ""
        self._lock = threading.Lock()
        self._opener = opener(
            patience.connected,
            tls=context(place.host, verify=not place.insecure),
            proxies=not is_local(place.host),
        )
        self._authorization = Authorization(place.host, credentials, self._token)

    def ask(
        self, asked: Asked, take: Callable[[Answer], Result], expected: Iterable[int] = ()
    ) -> Result:
        """Request and hand the answer to `take`, again where something passing went wrong.

        Raises RegistryError, for statuses that are no success and not `expected` as well.
        """
        allowed = frozenset(expected)

        def attempt() -> Result:
            with self._answered(asked, allowed) as answer:
                return take(answer)

        with self.persisting():
            return persist(attempt, self.patience)

    @contextlib.contextmanager
    def persisting(self) -> Iterator[None]:
        """What is still not over when patience is, becomes an error of this registry."""
        try:
            yield
        except PassingError as error:
            raise gave_up(self.host, error) from error

    @contextlib.contextmanager
    def once(self, asked: Asked, expected: Iterable[int] = ()) -> Iterator[Answer]:
        """One attempt. Raises RegistryError, and PassingError for what another may mend."""
        with self._answered(asked, frozenset(expected)) as answer:
            yield answer

    @contextlib.contextmanager
    def _answered(self, asked: Asked, expected: frozenset[int]) -> Iterator[Answer]:
        own = f"{self._found_scheme()}://{self._place.server}/"
        url = urljoin(f"{own}v2/", asked.path)
        ours = url.startswith(own)  # a server that is named by another learns nothing of us
        known = self._authorization.header(asked.scope) if ours else {}
        with contextlib.ExitStack() as stack:
            answer = self._sent(stack, url, asked, {**asked.headers, **known}, expected | {401})
            if answer.status == http.client.UNAUTHORIZED and ours:
                offered = answer.headers.get_all("WWW-Authenticate") or []
                stack.close()
                if not self._authorization.answer(offered, asked.scope):
                    raise denied(self._place, "no credentials fit")
                headers = {**asked.headers, **self._authorization.header(asked.scope)}
                answer = self._sent(stack, url, asked, headers, expected)
            with self._understood():
                yield answer

    def _sent(
        self,
        stack: contextlib.ExitStack,
        url: str,
        asked: Asked,
        headers: Mapping[str, str],
        expected: frozenset[int],
    ) -> Answer:
        body = None if asked.body is None else asked.body()
        sent = {"User-Agent": f"rootbuild/{__version__}", **headers}
        if asked.length is not None:
            sent["Content-Length"] = str(asked.length)
        request = urllib.request.Request(  # noqa: S310 - see web.opener
            url, method=asked.method, headers=sent, data=body
        )
        try:
            with self._understood(urlsplit(url).netloc):
                found = self._opener.open(request, timeout=self.patience.timeout)
                stack.enter_context(closing(found))
                return Answer(found.status, found.headers, found, found.url)
        except urllib.error.HTTPError as error:
            stack.enter_context(closing(error))
            if error.code in expected:
                return Answer(error.code, error.headers, error, error.url or url)
            if error.code in PASSING:
                raise refusal(error.code, error.headers) from error
            raise refused(self._place, error) from error

    def _token(self, url: str, headers: dict[str, str], form: bytes | None) -> bytes:
        """What the server that gives tokens says."""
        method = "GET" if form is None else "POST"
        asked = Asked(method, url, headers, "", None if form is None else lambda: form)
        with contextlib.ExitStack() as stack:
            answer = self._sent(stack, url, asked, headers, frozenset())
            with self._understood():
                return answer.body.read(_LONGEST_TOKEN)

    def _understood(self, host: str = "") -> contextlib.AbstractContextManager[None]:
        host = self.host if host in ("", self._place.server) else host

        def away(reason: str) -> Exception:
            return unreachable(host, reason)

        def bad(reason: str, certificate: bool) -> Exception:
            return untrusted(host, reason, certificate)

        return understood(host, away, bad)

    def _found_scheme(self) -> str:
        """Whether the server speaks TLS. Nothing but the question is sent to find that out."""
        schemes = self._place.schemes
        with self._lock:
            if not self._scheme and len(schemes) == 1:
                self._scheme = schemes[0]
            if not self._scheme:
                self._scheme = self._tried(schemes)
                self._authorization.plain = self._scheme == "http"
            return self._scheme

    def _tried(self, schemes: tuple[str, ...]) -> str:
        first: RegistryError | PassingError | None = None
        for scheme in schemes:
            request = urllib.request.Request(  # noqa: S310 - see web.opener
                f"{scheme}://{self._place.server}/v2/"
            )
            try:
                with (
                    self._understood(),
                    closing(self._opener.open(request, timeout=_PING_TIMEOUT)),
                ):
                    return scheme
            except urllib.error.HTTPError as error:
                with closing(error):
                    if error.code != http.client.BAD_REQUEST:  # so answer servers of TLS
                        return scheme
            except (RegistryError, PassingError) as error:
                first = first or error
        if first is not None:
            raise first
        return schemes[0]

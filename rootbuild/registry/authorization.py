"""Who we are to a registry: challenges answered with a name and secret, or with a token.

https://distribution.github.io/distribution/spec/auth/token/
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlencode, urlsplit

from rootbuild.errors import RegistryError
from rootbuild.records import dataclass, field
from rootbuild.registry.transport import is_local

_SCHEME = re.compile(r"\s*([A-Za-z]+)\s*")
_PARAMETER = re.compile(r"\s*([A-Za-z_]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]+))\s*,?")
_CLIENT = "rootbuild"
_SHORTEST_LIFE = 60.0
_EARLIER = 10.0

Credentials = Mapping[str, str]
"""An auth file's entry (`auth`, `identitytoken`); empty for somebody without a name."""

Request = Callable[[str, dict[str, str], "bytes | None"], bytes]
"""Requests a URL with headers and perhaps a form; gives the body. Raises RegistryError."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way that a server offers: `basic` or `bearer`, and what it says about it."""

    scheme: str
    parameters: Mapping[str, str]


@dataclass(slots=True)
class Authorization:
    """Headers for one server; tokens are kept by what they allow.

    `plain` says that the server is spoken to without TLS, so that its tokens may be, too.
    """

    registry: str
    credentials: Callable[[], Credentials]
    request: Request
    plain: bool = False
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _basic: bool = False
    _known: Credentials | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def header(self, scope: str) -> dict[str, str]:
        """What is known already: headers for requests that need `scope`; may be empty."""
        with self._lock:
            if self._basic:
                return self._basic_header()
            token, until = self._tokens.get(scope, ("", 0.0))
            return {"Authorization": f"Bearer {token}"} if time.monotonic() < until else {}

    def answer(self, offered: Iterable[str], scope: str) -> bool:
        """Answer a 401 with these `WWW-Authenticate` headers. False if there is nothing to say.

        Raises RegistryError if the server that gives tokens refuses.
        """
        challenges = [one for text in offered for one in parse(text)]
        with self._lock:
            for challenge in challenges:
                if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
                    self._tokens[scope] = self._token(challenge.parameters, scope)
                    return True
            if any(challenge.scheme == "basic" for challenge in challenges):
                self._basic = bool(self._found().get("auth"))
                return self._basic
        return False

    def _found(self) -> Credentials:
        if self._known is None:
            self._known = self.credentials()
        return self._known

    def _basic_header(self) -> dict[str, str]:
        return {"Authorization": f"Basic {self._found()['auth']}"}

    def _token(self, parameters: Mapping[str, str], scope: str) -> tuple[str, float]:
        realm, known = parameters["realm"], self._found()
        self._check(realm)
        service = parameters.get("service", "")
        asked = {"service": service, "scope": scope or parameters.get("scope", "")}
        asked = {name: value for name, value in asked.items() if value}
        if known.get("identitytoken"):
            form = {
                "grant_type": "refresh_token",
                "client_id": _CLIENT,
                "refresh_token": known["identitytoken"],
                **asked,
            }
            body = self.request(realm, {}, urlencode(form).encode())
        else:
            joint = "&" if urlsplit(realm).query else "?"
            fields = [(name, value) for name, value in asked.items() if name != "scope"]
            fields += [("scope", each) for each in asked.get("scope", "").split()]
            headers = {}
            if known.get("auth"):
                headers = self._basic_header()
                fields.append(("account", _user(known["auth"])))
            body = self.request(f"{realm}{joint}{urlencode(fields)}", headers, None)
        return self._read(body)

    def _check(self, realm: str) -> None:
        """Credentials are not sent in the clear to a server that is elsewhere."""
        parts = urlsplit(realm)
        same = self.plain and parts.netloc == self.registry
        clear = parts.scheme == "http" and (same or is_local(parts.netloc))
        if parts.scheme != "https" and not clear:
            raise RegistryError(
                f"registry {self.registry} gives tokens at {realm}, which is not HTTPS",
                id="registry-denied",
                hint="nothing was sent there; ask whoever runs the registry",
            )

    def _read(self, body: bytes) -> tuple[str, float]:
        try:
            content = json.loads(body)
            token = str(content.get("token") or content["access_token"])
            life = float(content.get("expires_in") or _SHORTEST_LIFE)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RegistryError(
                f"registry {self.registry}: what was to be a token is none", id="registry-failed"
            ) from error
        return token, time.monotonic() + max(life, _SHORTEST_LIFE) - _EARLIER


def parse(text: str) -> list[Challenge]:
    """The challenges of a `WWW-Authenticate` header; what cannot be read is left out."""
    found: list[Challenge] = []
    position = 0
    while scheme := _SCHEME.match(text, position):
        parameters: dict[str, str] = {}
        position = scheme.end()
        while parameter := _PARAMETER.match(text, position):
            name, quoted, bare = parameter.groups()
            value = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            parameters[name.lower()] = value
            position = parameter.end()
        found.append(Challenge(scheme[1].lower(), parameters))
        position += len(text[position:]) - len(text[position:].lstrip(" ,"))
    return found


def _user(auth: str) -> str:
    try:
        return base64.b64decode(auth).decode().partition(":")[0]
    except ValueError:
        return ""

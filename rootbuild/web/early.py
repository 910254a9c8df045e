"""Connections that hear an answer which comes while the request is still being sent.

A server that refuses an upload may say so and hang up at once. The rest cannot be sent then, but
what it said is there to be read. Each tells its socket to whoever may want to cut it.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import socket
import ssl
import urllib.request
from collections.abc import Callable
from typing import Any

Connected = Callable[[socket.socket], object]

_CUT = (BrokenPipeError, ConnectionResetError)


class _Hearing:
    """Put before a connection's class: a cut while sending is left to whoever reads the answer."""

    sock: socket.socket

    def __init__(self, *arguments: Any, connected: Connected, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._connected = connected

    def connect(self) -> None:
        """See http.client."""
        super().connect()  # type: ignore[misc]
        self._connected(self.sock)

    def request(self, *arguments: Any, **options: Any) -> None:
        """See http.client; there is an answer to read unless not even the head was sent."""
        with contextlib.suppress(*_CUT):
            super().request(*arguments, **options)  # type: ignore[misc]


class _PlainConnection(_Hearing, http.client.HTTPConnection):
    pass


class _SafeConnection(_Hearing, http.client.HTTPSConnection):
    pass


class PlainHandler(urllib.request.HTTPHandler):
    """Opens http URLs; `connected` gets each connection's socket."""

    def __init__(self, connected: Connected) -> None:
        super().__init__()
        self._class = functools.partial(_PlainConnection, connected=connected)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """See urllib."""
        return self.do_open(self._class, req)


class SafeHandler(urllib.request.HTTPSHandler):
    """Opens https URLs; `connected` gets each connection's socket."""

    def __init__(self, connected: Connected, context: ssl.SSLContext | None) -> None:
        super().__init__(context=context)
        self._class = functools.partial(_SafeConnection, connected=connected)

    def do_open(
        self, http_class: Callable[..., Any], req: urllib.request.Request, **options: Any
    ) -> http.client.HTTPResponse:
        """See urllib: with the context that we were made with."""
        return super().do_open(self._class, req, **options)

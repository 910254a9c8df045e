"""Connections that hear an answer which comes while the request is still being sent.

A server that refuses an upload may say so and hang up at once. The rest cannot be sent then, but
what it said is there to be read.
"""

from __future__ import annotations

import contextlib
import http.client
import urllib.request
from collections.abc import Callable
from typing import Any

_CUT = (BrokenPipeError, ConnectionResetError)


class _Hearing:
    """Put before a connection's class: a cut while sending is left to whoever reads the answer."""

    def request(self, *arguments: Any, **options: Any) -> None:
        """See http.client; there is an answer to read unless not even the head was sent."""
        with contextlib.suppress(*_CUT):
            super().request(*arguments, **options)  # type: ignore[misc]


class _PlainConnection(_Hearing, http.client.HTTPConnection):
    pass


class _SafeConnection(_Hearing, http.client.HTTPSConnection):
    pass


class PlainHandler(urllib.request.HTTPHandler):
    """Opens http URLs."""

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """See urllib."""
        return self.do_open(_PlainConnection, req)


class SafeHandler(urllib.request.HTTPSHandler):
    """Opens https URLs."""

    def do_open(
        self, http_class: Callable[..., Any], req: urllib.request.Request, **options: Any
    ) -> http.client.HTTPResponse:
        """See urllib: with the context that we were made with."""
        return super().do_open(_SafeConnection, req, **options)

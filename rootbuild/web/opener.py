"""Opens URLs by HTTP and by nothing else: no files, no FTP, no data URLs."""

from __future__ import annotations

import ssl
import urllib.request
from email.message import Message
from typing import IO
from urllib.parse import urlsplit

from rootbuild.web.early import Connected, PlainHandler, SafeHandler


def opener(
    connected: Connected, *, tls: ssl.SSLContext | None = None, proxies: bool = True
) -> urllib.request.OpenerDirector:
    """An opener; with the environment's proxies (`http_proxy` and its like) unless told not to.

    `connected` gets the socket of each connection once it is made.
    """
    found = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(None if proxies else {}),
        urllib.request.UnknownHandler(),
        PlainHandler(connected),
        SafeHandler(connected, tls),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
    ):
        found.add_handler(handler)
    return found


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects of what only reads, to HTTP alone; credentials go to the same server only.

    Nor does it go from HTTPS to plain HTTP with them, as that is another server to it.
    """

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
        method = req.get_method()
        if after.scheme not in ("http", "https") or method not in ("GET", "HEAD"):
            return None
        request = urllib.request.Request(newurl, unverifiable=True, method=method)  # noqa: S310
        same = (before.scheme, before.netloc) == (after.scheme, after.netloc)
        for name, value in req.header_items():
            if name.lower() != "host" and (same or name.lower() != "authorization"):
                request.add_header(name, value)
        return request

    http_error_308 = urllib.request.HTTPRedirectHandler.http_error_302  # Python 3.10 has none

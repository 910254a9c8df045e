"""An HTTP server on loopback for tests: files that change, fail, are slow or want a password."""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class Page:
    """What a path answers with. `failures` are statuses that come first, one per request."""

    body: bytes = b""
    etag: str | None = None
    modified: int | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    failures: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    authorization: str | None = None
    ignores_conditions: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came."""

    method: str
    path: str
    headers: Message


@dataclass(slots=True)
class Web:
    """The server: `pages` by path, `requests` as they came; `handle` answers other paths."""

    address: str
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    handle: Callable[[BaseHTTPRequestHandler], bool] | None = None

    def put(self, path: str, body: bytes | str, **more: object) -> str:
        """Answer a path with a body, and a tag made of it; gives the URL."""
        data = body.encode() if isinstance(body, str) else body
        given = {"etag": f'"{hashlib.md5(data).hexdigest()}"', **more}
        self.pages[path] = Page(data, **given)  # type: ignore[arg-type]
        return self.url(path)

    def url(self, path: str) -> str:
        return f"http://{self.address}{path}"

    def asked(self, path: str) -> int:
        """How many requests for a path came so far."""
        return sum(request.path == path for request in self.requests)


@contextlib.contextmanager
def web() -> Iterator[Web]:
    """A server for the length of the block."""
    found = Web("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.requests.append(Request(self.command, self.path, self.headers))
            if found.handle is not None and found.handle(self):
                return
            _answer(self, found.pages.get(self.path))

        do_POST = do_GET  # noqa: N815 - http.server calls it so

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.address = f"127.0.0.1:{server.server_port}"
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def _answer(handler: BaseHTTPRequestHandler, page: Page | None) -> None:
    handler.close_connection = True
    if page is None:
        handler.send_error(404)
        return
    if page.delays:
        time.sleep(page.delays.pop(0))
    if page.authorization not in (None, handler.headers.get("Authorization")):
        handler.send_error(401)
    elif page.failures:
        handler.send_response(page.failures.pop(0))
        _finish(handler, page, b"")
    elif _matches(handler, page):
        handler.send_response(304)
        _finish(handler, page, None)
    else:
        handler.send_response(page.status)
        _finish(handler, page, page.body)


def _matches(handler: BaseHTTPRequestHandler, page: Page) -> bool:
    if page.ignores_conditions:
        return False
    if page.etag is not None:
        return page.etag in handler.headers.get("If-None-Match", "")
    since = handler.headers.get("If-Modified-Since")
    return since is not None and page.modified is not None and _date(page.modified) == since


def _finish(handler: BaseHTTPRequestHandler, page: Page, body: bytes | None) -> None:
    if page.etag is not None:
        handler.send_header("ETag", page.etag)
    if page.modified is not None:
        handler.send_header("Last-Modified", _date(page.modified))
    for name, value in page.headers.items():
        handler.send_header(name, value)
    if body is not None and "Transfer-Encoding" not in page.headers:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if body and page.cuts:
        handler.wfile.write(body[: page.cuts.pop(0)])
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)
    elif body:
        handler.wfile.write(body)


def _date(seconds: int) -> str:
    return email.utils.formatdate(seconds, usegmt=True)

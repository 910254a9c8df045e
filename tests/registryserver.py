"""A real registry on loopback (Debian's docker-registry), and a small one that fails on demand."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

USER, PASSWORD = "user", "open sesame"
_BCRYPT = "$2b$04$GVtLAE71MoV2deoXjO4XS.3wfmQp.OGSW/Vn93.pLIVb/KT5yVNxW"  # of PASSWORD
_ACCESS = re.compile(r'"([A-Z]+) (/v2/\S*) HTTP/[0-9.]+" ([0-9]+) ([0-9]+) ')
_BLOB = re.compile(r"/v2/(.+)/blobs/(sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Served:
    """One request that the registry answered."""

    method: str
    path: str
    status: int
    size: int

    @property
    def blob(self) -> str:
        """The digest of the blob that was sent; empty if none was."""
        found = _BLOB.fullmatch(self.path)
        return found[2] if found and self.method == "GET" and self.status in (200, 206) else ""


@dataclass(frozen=True, slots=True)
class RegistryServer:
    """A registry at `host`; `folder` is where it keeps its content."""

    host: str
    folder: Path
    log: Path

    def served(self) -> list[Served]:
        """The requests so far, but for those that ask whether it is there."""
        found = _ACCESS.findall(self.log.read_text())
        entries = [Served(verb, path, int(code), int(size)) for verb, path, code, size in found]
        return [each for each in entries if each.path != "/v2/"]

    def blobs(self, since: int = 0) -> dict[str, int]:
        """Digests and sizes of the blobs that it sent, after the first `since` requests."""
        return {each.blob: each.size for each in self.served()[since:] if each.blob}


@contextlib.contextmanager
def registry_server(folder: Path, closed: bool = False) -> Iterator[RegistryServer]:
    """A registry for the length of the block; with `closed` only USER with PASSWORD gets in."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.fail("docker-registry is missing: scripts/host/packages engines")
    folder.mkdir(exist_ok=True)
    host = f"127.0.0.1:{_free_port()}"
    settings, log = folder / "registry.json", folder / "log"
    content: dict[str, object] = {
        "version": 0.1,
        "log": {"accesslog": {"disabled": False}, "level": "error"},
        "storage": {
            "filesystem": {"rootdirectory": str(folder / "content")},
            "delete": {"enabled": True},
        },
        "http": {"addr": host},
    }
    if closed:
        (folder / "htpasswd").write_text(f"{USER}:{_BCRYPT}\n")
        content["auth"] = {"htpasswd": {"realm": "here", "path": str(folder / "htpasswd")}}
    settings.write_text(json.dumps(content))
    with (
        log.open("wb") as stream,
        subprocess.Popen([program, "serve", str(settings)], stdout=stream, stderr=stream) as server,
    ):
        try:
            _wait(host, server)
            yield RegistryServer(host, folder, log)
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(host: str, server: subprocess.Popen[bytes]) -> None:
    name, _, port = host.partition(":")
    for _ in range(400):
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection((name, int(port))):
            return
        time.sleep(0.025)
    pytest.fail("docker-registry did not start")


Fault = Callable[[BaseHTTPRequestHandler], bool]
"""Answers a request in a bad way; False to leave it to the registry."""


@dataclass(slots=True)
class FaultyRegistry:
    """A registry in memory. `faults` are taken one per request, by `METHOD PATTERN` of the path."""

    host: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def add_blob(self, data: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.blobs[digest] = data
        return digest

    def asked(self, method: str, pattern: str) -> list[dict[str, str]]:
        """The headers of the requests of a kind."""
        return [
            headers
            for verb, path, headers in self.requests
            if verb == method and re.search(pattern, path)
        ]


@contextlib.contextmanager
def faulty_registry() -> Iterator[FaultyRegistry]:
    """Such a registry for the length of the block."""
    found = FaultyRegistry()

    class Handler(_Handler):
        registry = found

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.host = f"127.0.0.1:{server.server_port}"
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    registry: FaultyRegistry

    def _any(self) -> None:
        self.close_connection = True
        self.registry.requests.append((self.command, self.path, dict(self.headers.items())))
        for key, faults in self.registry.faults.items():
            method, _, pattern = key.partition(" ")
            if method == self.command and re.search(pattern, self.path) and faults:
                if faults.pop(0)(self):
                    return
                break
        path = urlsplit(self.path).path
        if path == "/v2/":
            self.reply(200)
        elif "/blobs/uploads/" in path:
            self._upload(path)
        elif "/blobs/" in path:
            self._blob(path.rpartition("/")[2])
        elif "/manifests/" in path:
            self._manifest(path.rpartition("/")[2])
        else:
            self.reply(404)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

    def _blob(self, digest: str) -> None:
        data = self.registry.blobs.get(digest)
        if data is None:
            self.reply(404, b'{"errors":[{"code":"BLOB_UNKNOWN","message":"no blob"}]}')
            return
        start = re.fullmatch(r"bytes=([0-9]+)-", self.headers.get("Range", ""))
        at = int(start[1]) if start else 0
        more = {"Content-Range": f"bytes {at}-{len(data) - 1}/{len(data)}"} if start else {}
        self.reply(206 if start else 200, data[at:], more)

    def _manifest(self, name: str) -> None:
        if self.command == "PUT":
            body = self.rfile.read(int(self.headers["Content-Length"]))
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            for key in (name, digest):
                self.registry.manifests[key] = (self.headers["Content-Type"], body)
            self.reply(201)
            return
        media_type, body = self.registry.manifests.get(name, ("", b""))
        self.reply(200 if media_type else 404, body, {"Content-Type": media_type or "text/plain"})

    def _upload(self, path: str) -> None:
        uploads, name = self.registry.uploads, path.rpartition("/")[2]
        if self.command == "POST":
            name = f"u{len(uploads)}"
            uploads[name] = bytearray()
            self.reply(202, headers={"Location": f"{path}{name}"})
        elif name not in uploads:
            self.reply(404)
        elif self.command == "GET":
            end = max(len(uploads[name]) - 1, 0)
            self.reply(204, headers={"Range": f"0-{end}", "Location": path})
        elif self.command == "PATCH":
            self.receive(uploads[name])
            self.reply(202, headers={"Location": f"{path}?state=1"})
        elif self.command == "PUT":
            self.receive(uploads[name])
            digest = parse_qs(urlsplit(self.path).query)["digest"][0]
            right = self.registry.add_blob(bytes(uploads.pop(name))) == digest
            self.reply(201 if right else 400)
        else:
            self.reply(405)

    def receive(self, into: bytearray, limit: int | None = None) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                into += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            length = int(self.headers.get("Content-Length") or 0)
            into += self.rfile.read(length if limit is None else limit)

    def reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def status(code: int, **headers: str) -> Fault:
    """Answer with a status; `_` in the names of headers stands for a dash."""

    def answer(handler: BaseHTTPRequestHandler) -> bool:
        assert isinstance(handler, _Handler)
        handler.reply(code, b"", {name.replace("_", "-"): text for name, text in headers.items()})
        return True

    return answer


def cut(data: bytes, at: int) -> Fault:
    """Promise all of the data, and hang up in the middle."""

    def answer(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:at])
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)
        return True

    return answer


def hang_up_upload(at: int) -> Fault:
    """Take some bytes of an upload, keep them, and hang up."""

    def answer(handler: BaseHTTPRequestHandler) -> bool:
        assert isinstance(handler, _Handler)
        name = urlsplit(handler.path).path.rpartition("/")[2]
        handler.receive(handler.registry.uploads[name], at)
        handler.connection.shutdown(socket.SHUT_RDWR)
        return True

    return answer


def basic(user: str, secret: str) -> str:
    """The value of a header."""
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()

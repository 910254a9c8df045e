"""Git repositories on loopback for tests: by `git daemon`, and by HTTP, smart and dumb."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.webserver import Web

_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "Test" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "test@example.com" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_DATE": "1700000000 +0000" for who in ("AUTHOR", "COMMITTER")},
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A repository that tests commit to: `folder` is its working tree."""

    folder: Path

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ("git", "-c", "protocol.file.allow=always", *arguments),
            cwd=self.folder,
            env={**os.environ, **_ENVIRONMENT},
            capture_output=True,
            check=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str = "change", **files: str) -> str:
        """Write files (`__` in a name is a `.`, `___` a `/`) and commit all; gives the commit."""
        for name, text in files.items():
            path = self.folder / name.replace("___", "/").replace("__", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")


def origin(folder: Path) -> Origin:
    """A new repository, with nothing in it."""
    folder.mkdir(parents=True)
    made = Origin(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    return made


@contextlib.contextmanager
def git_daemon(folder: Path, *options: str) -> Iterator[str]:
    """Serve the repositories below a folder; gives the URL in front of their names."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ("git", "daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1")
    words = (*command, f"--port={port}", f"--base-path={folder}", *options, str(folder))
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, stdout=quiet, stderr=quiet, start_new_session=True) as daemon:
        try:
            _wait(port)
            yield f"git://127.0.0.1:{port}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(daemon.pid, 15)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def serve_git(web: Web, folder: Path, authorization: str | None = None) -> None:
    """Serve the repositories below a folder by smart HTTP, as `git http-backend` does.

    Those that tests commit to have the URL `/NAME/.git`.
    """

    def handle(handler: BaseHTTPRequestHandler) -> bool:
        path, _, query = handler.path.partition("?")
        if not path.endswith(("/info/refs", "/git-upload-pack")):
            return False
        handler.close_connection = True
        if authorization not in (None, handler.headers.get("Authorization")):
            handler.send_response(401)
            handler.send_header("WWW-Authenticate", "Basic realm=test")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return True
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        _backend(handler, folder, path, query, body)
        return True

    web.handle = handle


def _backend(
    handler: BaseHTTPRequestHandler, folder: Path, path: str, query: str, body: bytes
) -> None:
    environment = {
        **os.environ,
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": handler.command,
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
        "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
    }
    done = subprocess.run(
        ("git", "http-backend"), input=body, env=environment, capture_output=True, check=True
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = [line.partition(": ")[::2] for line in head.decode().split("\r\n")]
    status = next((value for name, value in headers if name == "Status"), "200 OK")
    handler.send_response(int(status.split()[0]))
    for name, value in headers:
        if name != "Status":
            handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)

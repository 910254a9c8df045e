"""Downloads from a real server on loopback."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import threading
import time
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest

from rootbuild.build.halt import Canceled
from rootbuild.errors import HostError, RemoteError
from rootbuild.remote import download as module
from rootbuild.remote.download import downloaded
from rootbuild.remote.sources import HttpSource
from rootbuild.web.lines import Lines
from rootbuild.web.patience import Patience
from tests.webserver import Web

QUICK = Patience(attempts=3, pause=0.01, timeout=5)
LONG_AGO = 1_500_000_000


def fetch(url: str, cache: Path, checksum: str = "", **more: object) -> bytes:
    source = HttpSource(url, checksum)
    with downloaded(source, cache, **{"patience": QUICK, **more}) as found:  # type: ignore[arg-type]
        return found.path.read_bytes()


def sha(data: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def files(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def test_a_file_with_its_time_and_mode(web: Web, tmp_path: Path) -> None:
    url = web.put("/f", "content", modified=LONG_AGO)
    with downloaded(HttpSource(url), tmp_path / "c") as found:
        status = found.path.stat()
        assert found.path.read_bytes() == b"content"
        assert found.digest == hashlib.sha256(b"content").hexdigest()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime) == (0o600, LONG_AGO)
    with downloaded(HttpSource(web.put("/g", "content")), tmp_path / "c") as found:
        assert found.path.stat().st_mtime == 0
    assert web.requests[0].headers["User-Agent"].startswith("rootbuild/")


@pytest.mark.parametrize("headers", [{"etag": '"1"'}, {"etag": None, "modified": LONG_AGO}])
def test_what_has_not_changed_is_not_sent_again(
    web: Web, tmp_path: Path, headers: dict[str, object]
) -> None:
    url = web.put("/f", "one", **headers)
    assert [fetch(url, tmp_path) for _ in range(2)] == [b"one"] * 2
    page = web.pages["/f"]
    page.body = b"never sent, as the tag is the same"
    assert fetch(url, tmp_path) == b"one"
    page.etag, page.modified, page.body = page.etag and '"2"', LONG_AGO + 5, b"two"
    assert fetch(url, tmp_path) == b"two"
    assert web.asked("/f") == 4
    assert files(tmp_path) == ["about.json", "answer.json", "content"], "old content goes"


def test_a_server_that_ignores_conditions_is_not_read_to_the_end(web: Web, tmp_path: Path) -> None:
    url = web.put("/f", "one", etag='W/"1"', ignores_conditions=True)
    fetch(url, tmp_path)
    web.pages["/f"].body, web.pages["/f"].etag = b"other bytes", '"1"'
    assert fetch(url, tmp_path) == b"one"


def test_without_tag_and_time_it_is_loaded_each_time(web: Web, tmp_path: Path) -> None:
    url = web.put("/f", "one", etag=None)
    fetch(url, tmp_path)
    web.pages["/f"].body = b"two"
    assert fetch(url, tmp_path) == b"two"


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_checksum_that_is_known_needs_no_request(
    web: Web, tmp_path: Path, algorithm: str
) -> None:
    url = web.put("/f", "one")
    assert fetch(url, tmp_path, sha(b"one", algorithm)) == b"one"
    assert fetch(url, tmp_path, sha(b"one", algorithm)) == b"one"
    assert web.asked("/f") == 1


def test_another_checksum_is_an_error(web: Web, tmp_path: Path) -> None:
    url = web.put("/f", "one")
    with pytest.raises(RemoteError) as caught:
        fetch(url, tmp_path, sha(b"two"))
    assert caught.value.id == "checksum-mismatch"
    expected = f"digest mismatch for {url}: {sha(b'one')} (expected: {sha(b'two')})"
    assert caught.value.report.message == expected


def test_what_passes_is_tried_again(web: Web, tmp_path: Path) -> None:
    url = web.put("/f", "content" * 1000, failures=[503, 429], headers={"Retry-After": "0"})
    assert len(fetch(url, tmp_path)) == 7000
    web.put("/g", "content" * 1000, cuts=[100, 3000])
    assert len(fetch(web.url("/g"), tmp_path)) == 7000
    assert (web.asked("/f"), web.asked("/g")) == (3, 3)


def test_cuts_are_noticed_without_a_length(web: Web, tmp_path: Path) -> None:
    chunked = b"7\r\ncontent\r\n0\r\n\r\n"
    url = web.put("/f", chunked, cuts=[5], headers={"Transfer-Encoding": "chunked"})
    assert fetch(url, tmp_path) == b"content"
    assert web.asked("/f") == 2


def test_not_for_ever(web: Web, tmp_path: Path) -> None:
    url = web.put("/f", "content", cuts=[1, 1, 1])
    with pytest.raises(RemoteError) as caught:
        fetch(url, tmp_path)
    assert caught.value.report.message.endswith("the connection was cut after 1 of 7 bytes")
    assert (caught.value.id, web.asked("/f"), files(tmp_path)) == ("remote-failed", 3, [])


def test_a_slow_server_is_tried_again(web: Web, tmp_path: Path) -> None:
    url = web.put("/f", "content", delays=[0.5])
    patience = Patience(attempts=2, pause=0.01, timeout=0.2)
    assert fetch(url, tmp_path, patience=patience) == b"content"


@pytest.mark.parametrize(
    ("status", "name"),
    [(404, "remote-not-found"), (403, "remote-denied"), (400, "remote-failed")],
)
def test_statuses(web: Web, tmp_path: Path, status: int, name: str) -> None:
    url = web.put("/f", "", failures=[status])
    with pytest.raises(RemoteError) as caught:
        fetch(url, tmp_path)
    assert caught.value.id == name
    assert f"invalid response status {status}" in caught.value.report.message
    assert web.asked("/f") == 1


@pytest.mark.parametrize(
    ("url", "name", "message"),
    [
        ("http://127.0.0.1:1/f", "remote-unreachable", "connection refused"),
        ("http://name.invalid/f", "remote-unreachable", "no such host: name.invalid"),
        ("http://u:secret@127.0.0.1:1/f", "remote-unreachable", "xxxxx@127.0.0.1"),
        ("http://[::1/f", "bad-url", "invalid URL"),
        ("http:///f", "bad-url", "invalid URL"),
        ("http://h:port/f", "bad-url", "invalid URL"),
        ("http://a b/f", "bad-url", "invalid URL"),
        ("http://" + "a" * 70 + "\u00e4/f", "bad-url", "invalid URL"),
    ],
)
def test_hosts(tmp_path: Path, url: str, name: str, message: str) -> None:
    with pytest.raises(RemoteError) as caught:
        fetch(url, tmp_path)
    assert caught.value.id == name
    assert message in caught.value.report.message
    assert "secret" not in caught.value.report.message


def test_what_speaks_no_tls(web: Web, tmp_path: Path) -> None:
    web.put("/f", "")
    with pytest.raises(RemoteError) as caught:
        fetch(web.url("/f").replace("http:", "https:"), tmp_path)
    assert caught.value.id == "remote-tls"


def test_redirects(web: Web, tmp_path: Path) -> None:
    target = web.put("/f", "content")
    for status in (301, 302, 303, 307, 308):
        web.put(f"/{status}", "", status=status, etag=None, headers={"Location": target})
        assert fetch(web.url(f"/{status}"), tmp_path) == b"content"


@pytest.mark.parametrize("target", ["/f", "file:///etc/passwd", "ftp://127.0.0.1/f"])
def test_redirects_that_lead_nowhere(web: Web, tmp_path: Path, target: str) -> None:
    url = web.put("/f", "", status=302, etag=None, headers={"Location": target})
    with pytest.raises(RemoteError):
        fetch(url, tmp_path)


@pytest.mark.parametrize("target", ["http://[::1/f", "http://h:port/f", "http://", "//"])
def test_redirects_to_what_is_no_url(web: Web, tmp_path: Path, target: str) -> None:
    url = web.put("/f", "", status=302, etag=None, headers={"Location": target})
    with pytest.raises(RemoteError):
        fetch(url, tmp_path)


def test_headers_that_make_no_sense(web: Web, tmp_path: Path) -> None:
    headers = {"Retry-After": "x" * 100, "X": "\u00e4"}
    url = web.put("/f", "content", etag='"\u00e4\x01"', headers=headers, failures=[503])
    assert [fetch(url, tmp_path) for _ in range(2)] == [b"content"] * 2
    web.put("/g", "content", headers={"Last-Modified": "Tue, 99 Foo 99999"}, etag=None)
    assert fetch(web.url("/g"), tmp_path) == b"content"


def test_a_cache_that_cannot_be_written(web: Web, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError) as caught:
        fetch(web.put("/f", "content"), tmp_path / "file")
    assert caught.value.id == "cache-folder"


def test_credentials_go_to_their_server_only(web: Web, tmp_path: Path) -> None:
    other = web.put("/f", "content").replace("127.0.0.1", "localhost")
    web.put("/g", "", status=302, etag=None, headers={"Location": other})
    web.put("/h", "", status=302, etag=None, headers={"Location": "/g"}, authorization="Bearer t")

    def secret(name: str) -> bytes | None:
        return b"t" if name == "HTTP_AUTH_TOKEN_127.0.0.1" else None

    with contextlib.suppress(RemoteError):  # where localhost is ::1 alone
        fetch(web.url("/h"), tmp_path, secret=secret)
    sent = {request.path: request.headers["Authorization"] for request in web.requests}
    assert sent.get("/f") is None
    assert (sent["/h"], sent["/g"]) == ("Bearer t", "Bearer t")
    assert all(b"Bearer" not in path.read_bytes() for path in tmp_path.rglob("*.json"))


def test_user_and_password_of_a_url(web: Web, tmp_path: Path) -> None:
    web.put("/f", "content", authorization="basic dTpw")
    assert fetch(web.url("/f").replace("//", "//u:p@"), tmp_path) == b"content"


def test_proxies(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web.put("http://name.invalid/f", "by proxy")
    monkeypatch.setenv("http_proxy", web.url(""))
    assert fetch("http://name.invalid/f", tmp_path) == b"by proxy"


def test_names_that_are_not_ascii(web: Web, tmp_path: Path) -> None:
    web.put("/%C3%A4%20b?x=%C3%B6", "content")
    assert fetch(web.url("/\u00e4 b?x=\u00f6"), tmp_path) == b"content"
    assert fetch(web.url("/%C3%A4%20b?x=%C3%B6"), tmp_path) == b"content"


def test_a_size_that_does_not_fit(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 7, 3))
    with pytest.raises(HostError) as caught:
        fetch(web.put("/f", "content"), tmp_path)
    assert caught.value.id == "no-space"
    assert "it has 7 bytes, and 3 are left" in caught.value.report.message
    assert files(tmp_path) == []


def test_a_disk_that_gets_full(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    fake = SimpleNamespace(**{**vars(os), "fdopen": full})
    monkeypatch.setattr(module, "os", fake)
    with pytest.raises(HostError) as caught:
        fetch(web.put("/f", "content"), tmp_path)
    assert caught.value.id == "no-space"


def test_content_that_is_in_use_stays(web: Web, tmp_path: Path) -> None:
    url = web.put("/f", "one")
    with downloaded(HttpSource(url), tmp_path) as first:
        web.put("/f", "two")
        assert fetch(url, tmp_path) == b"two"
        assert first.path.read_bytes() == b"one"
    web.put("/f", "three")
    fetch(url, tmp_path)
    assert files(tmp_path) == ["about.json", "answer.json", "content"]


def test_what_a_killed_build_left(web: Web, tmp_path: Path) -> None:
    url = web.put("/f", "one")
    fetch(url, tmp_path)
    (place,) = tmp_path.iterdir()
    (place / "part").write_bytes(b"half")
    (place / "answer.json").write_bytes(b"{")
    assert fetch(url, tmp_path) == b"one"
    assert files(tmp_path) == ["about.json", "answer.json", "content"]


def test_builds_at_the_same_time_load_once(web: Web, tmp_path: Path) -> None:
    url = web.put("/f", "content", delays=[0.2])
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(fetch(url, tmp_path))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"content"] * 2
    assert [request.headers["If-None-Match"] is None for request in web.requests] == [True, False]


def test_a_download_can_be_cut_from_outside(web: Web, tmp_path: Path) -> None:
    """Whoever waits for an answer learns at once that it shall not."""
    url, lines, ended = web.put("/f", "content", delays=[20]), Lines(), threading.Event()

    def wait(seconds: float) -> None:
        if ended.is_set():
            raise Canceled

    def cut() -> None:
        while not web.requests:
            time.sleep(0.01)
        ended.set()
        while not done.wait(0.01):
            lines.cut()

    done = threading.Event()
    cutter = threading.Thread(target=cut)
    cutter.start()
    begun = time.monotonic()
    patience = Patience(timeout=20, wait=wait, connected=lines.note)
    try:
        with pytest.raises(Canceled):
            fetch(url, tmp_path, patience=patience)
    finally:
        done.set()
        cutter.join()
    assert time.monotonic() - begun < 10
    assert files(tmp_path) == []

"""ADD of remote sources in whole builds: what is fetched, and what that leads to."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from rootbuild.build.halt import Canceled
from rootbuild.build.options import Secret
from rootbuild.build.remotes import Remotes
from rootbuild.build.vertices import Vertices
from rootbuild.errors import BuildError, ContextError, RemoteError
from rootbuild.progress.quiet import QuietReporter
from rootbuild.remote.sources import HttpSource
from tests.build.recorded import MINE, Machine, Site
from tests.gitserver import git_daemon, origin
from tests.webserver import Web, web

ADD = f"ADD {MINE}"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as found:
        yield found


def sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_a_file_is_added_once(site: Site, server: Web) -> None:
    url = server.put("/f", "content", modified=1_500_000_000)
    text = f"FROM base\n{ADD} {url} /d/\nRUN stamp s\n"
    image = site.build(text)
    assert site.read(image, "d/f") == "content"
    with site.backend.start(image, "x") as name, site.backend.mount(name) as rootfs:
        status = (rootfs / "d/f").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime) == (0o600, 1_500_000_000)
    assert site.start(inside=False) == image
    assert site.backend.verbs() == [], "a build with nothing to do starts nothing"
    assert server.asked("/f") == 2
    assert server.requests[1].headers["If-None-Match"]


def test_an_unchanged_remote_changes_nothing(site: Site, server: Web) -> None:
    url = server.put("/f", "content", etag='"1"')
    image = site.build(f"FROM base\n{ADD} {url} /f\nRUN stamp s\n")
    server.put("/f", "content", etag='"2"', modified=1_600_000_000)
    assert site.start(inside=False) == image, "the same bytes with another tag and time"
    server.put("/f", "changed")
    assert site.start(inside=False) is None
    assert site.read(site.build(), "f") == "changed"


def test_a_checksum_needs_no_request(site: Site, server: Web) -> None:
    url = server.put("/f", "content")
    text = f"FROM base\nADD --checksum={sha256('content')} {MINE} {url} /f\n"
    image = site.build(text)
    assert (site.start(inside=False), server.asked("/f")) == (image, 1)
    image = site.build(no_cache=True)
    assert server.asked("/f") == 1, "it is in the cache of downloads"
    for path in (site.root / "cache/downloads").rglob("content"):
        path.unlink()
    assert (site.start(inside=False), server.asked("/f")) == (image, 1)
    with pytest.raises(RemoteError, match="digest mismatch") as caught:
        site.build(text.replace(sha256("content"), sha256("other")))
    assert caught.value.report.location is not None
    assert caught.value.report.location.start == 2


def test_both_halves_of_a_build_fetch_once(site: Site, server: Web) -> None:
    url = server.put("/f", "content", etag=None)
    remotes = Remotes(site.root / "cache", (), ())
    assert site.start(f"FROM base\n{ADD} {url} /f\n", inside=False, remotes=remotes) is None
    image = site.start(inside=True, remotes=remotes)
    assert image is not None
    assert server.asked("/f") == 1
    assert next(remotes.numbers) > 2, "progress goes on with the numbers of the first half"


def test_sources_of_all_kinds_in_order(site: Site, server: Web, tmp_path: Path) -> None:
    """Each overwrites what the one before it has made."""
    repo = origin(tmp_path / "repos/r")
    repo.commit(f="git", g="git")
    site.write("f", "context")
    site.write("c", "context")
    with git_daemon(tmp_path / "repos") as host:
        sources = {"context": "f", "http": server.put("/f", "http"), "git": f"{host}/r"}
        for order in itertools.permutations(sources):
            words = " ".join(sources[kind] for kind in order)
            image = site.build(f"FROM base\n{ADD} {words} c /d/\n")
            assert site.read(image, "d/f") == order[-1]
            assert (site.read(image, "d/g"), site.read(image, "d/c")) == ("git", "context")
        image = site.build(f"FROM base\n{ADD} {words} <<f /d/\ninline\nf\n")
        assert site.read(image, "d/f") == "inline\n"


def test_a_repository(site: Site, tmp_path: Path) -> None:
    repo = origin(tmp_path / "repos/r")
    repo.commit(f="one", x___y="y")
    repo.git("tag", "v1")
    with git_daemon(tmp_path / "repos") as host:
        text = f"FROM base\n{ADD} --exclude=x {host}/r /d\nRUN stamp s\n"
        image = site.build(text)
        assert site.read(image, "d/f") == "one"
        with site.backend.start(image, "x") as name, site.backend.mount(name) as rootfs:
            assert sorted(os.listdir(rootfs / "d")) == ["f"]
            assert stat.S_IMODE((rootfs / "d").stat().st_mode) == 0o755
        assert site.start(inside=False) == image
        assert site.backend.verbs() == []
        repo.commit("the same files")
        assert site.start(inside=False) == image, "another commit, the same files"
        repo.commit(f="two")
        assert site.read(site.build(), "d/f") == "two"
        tagged = site.build(f"FROM base\n{ADD} {host}/r#v1 /d\n")
        commit = repo.git("rev-parse", "v1")
        assert site.read(tagged, "d/f") == "one"
        pinned = f"FROM base\n{ADD} {host}/r#{commit} /d\n"
        image = site.build(pinned)
    assert site.start(pinned, inside=False) == image, "a known commit needs no remote"
    with pytest.raises(RemoteError, match="failed to fetch remote") as caught:
        site.build(text)
    assert caught.value.report.location is not None


def test_the_git_dir_is_kept_when_asked_for(site: Site, tmp_path: Path) -> None:
    repo = origin(tmp_path / "repos/r")
    commit = repo.commit(f="one")
    with git_daemon(tmp_path / "repos") as host:
        image = site.build(f"FROM base\n{ADD} --keep-git-dir {host}/r /d\n")
        assert site.read(image, "d/.git/HEAD").strip() == commit
        site.build(f"FROM base\n{ADD} {host}/r /d\n")
        with pytest.raises(FileNotFoundError):
            site.read(site.build(f"FROM base\n{ADD} {host}/r /d\n"), "d/.git/HEAD")


def test_archives_are_unpacked_when_asked_for(site: Site, server: Web) -> None:
    import io
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo("inner")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    url = server.put("/a.tar.gz", buffer.getvalue())
    image = site.build(f"FROM base\n{ADD} --unpack {url} /d/\n")
    assert site.read(image, "d/inner") == "x"
    with pytest.raises(FileNotFoundError):
        site.read(site.build(f"FROM base\n{ADD} {url} /d/\n"), "d/inner")


def test_secrets_of_the_build_open_servers(
    site: Site, server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "correct-horse")
    url = server.put("/f", "content", authorization="Bearer correct-horse")
    text = f"FROM base\n{ADD} {url} /f\n"
    with pytest.raises(RemoteError) as caught:
        site.build(text)
    assert caught.value.id == "remote-denied"
    secrets = (Secret("HTTP_AUTH_TOKEN_127.0.0.1", env="TOKEN"),)
    image = site.build(text, secrets=secrets)
    assert site.read(image, "f") == "content"
    kept = b"".join(path.read_bytes() for path in site.root.rglob("*") if path.is_file())
    assert b"correct-horse" not in kept


def test_stages_that_nobody_needs_fetch_nothing(site: Site, server: Web) -> None:
    url = server.put("/f", "content")
    site.build(f"FROM base AS unused\n{ADD} {url} /f\nFROM base\nRUN write a 1\n")
    assert server.requests == []


def test_a_missing_file_of_the_context_is_told_as_ever(site: Site, server: Web) -> None:
    with pytest.raises(ContextError, match='"/none": not found'):
        site.build(f"FROM base\n{ADD} {server.put('/f', 'x')} none /d/\n")


def test_a_download_ends_with_the_build(site: Site, server: Web) -> None:
    """Else who interrupts a build, or has one that fails, would wait for all of it."""
    let_go = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> bool:
        handler.close_connection = True
        handler.send_response(200)
        handler.end_headers()
        site.machine.word("loading").set()
        try:
            for _ in range(2000):
                handler.wfile.write(bytes(1 << 16))
                time.sleep(0.005)
        except OSError:
            let_go.set()
        return True

    server.handle = endless
    text = (
        f"FROM base AS loads\n{ADD} {server.url('/f')} /f\n"
        "FROM base AS fails\nRUN hear loading; exit 1\n"
        "FROM base\nCOPY --from=loads /f /f\nCOPY --from=fails /f /g\n"
    )
    with pytest.raises(BuildError):
        site.build(text, no_cache=True)
    assert let_go.wait(5)
    assert site.clean()


def test_git_ends_with_the_build(site: Site) -> None:
    """Here it waits for a server that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        hung_up = threading.Event()

        def silent() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(20)
                site.machine.word("asked").set()
                with contextlib.suppress(TimeoutError):
                    while connection.recv(1 << 16):
                        pass
                    hung_up.set()

        server = threading.Thread(target=silent)
        server.start()
        text = (
            f"FROM base AS loads\n{ADD} git://127.0.0.1:{port}/r.git /r\n"
            "FROM base AS fails\nRUN hear asked; exit 1\n"
            "FROM base\nCOPY --from=loads /r /r\nCOPY --from=fails /f /g\n"
        )
        with pytest.raises(BuildError):
            site.build(text, no_cache=True)
        server.join()
    assert hung_up.is_set()
    assert site.clean()


def test_nothing_is_loaded_once_the_build_has_ended(site: Site, server: Web) -> None:
    with Remotes(site.root / "cache", (), ()) as remotes:
        remotes.halt.press()
        with pytest.raises(Canceled):
            remotes.folder(HttpSource(server.put("/f", "content")), Vertices(QuietReporter()))
    assert server.asked("/f") == 0

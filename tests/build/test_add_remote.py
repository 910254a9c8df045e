"""ADD of URLs and git repositories on a real engine, from servers on loopback."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.build.builds import Project
from tests.gitserver import git_daemon, origin
from tests.webserver import Page, Web, web

pytestmark = pytest.mark.engine

EngineCalls = Callable[[], tuple[dict[str, str], Callable[[], list[str]]]]
TOKEN = "correct-horse-battery-staple"  # what must be found nowhere


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as found:
        yield found


def tar(name: str, content: str, uid: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.uid, info.gid, info.mode, info.size = uid, uid, 0o640, len(content)
        archive.addfile(info, io.BytesIO(content.encode()))
    return buffer.getvalue()


def stats(project: Project, *paths: str) -> list[str]:
    """Owner, mode and time of each path."""
    return project.run("stat", "-c", "%u:%g %a %Y", *paths).splitlines()


def test_urls(project: Project, server: Web, engine_calls: EngineCalls) -> None:
    url = server.put("/files/tool.bin?v=1", "content", modified=1_500_000_000)
    archive = server.put("/a.tar.gz", tar("inner", "x", 7))
    plain = server.put("/", "root")
    digest = hashlib.sha256(b"content").hexdigest()
    text = (
        f"FROM diamol/base\nWORKDIR /w\nADD {url} sub/\n"
        f"ADD --checksum=sha256:{digest} --chown=5:6 --chmod=u=rwX,go=rX {url} /named\n"
        f"ADD {plain} {archive} /many/\nADD --unpack=true {archive} /unpacked\n"
        f"ADD --link {url} /linked/\nRUN cat /w/sub/tool.bin >/read\n"
    )
    project.build(text)
    assert stats(project, "/w/sub/tool.bin", "/named", "/many/a.tar.gz") == [
        "0:0 600 1500000000",
        "5:6 644 1500000000",
        "0:0 600 0",
    ]
    assert stats(project, "/unpacked/inner") == ["7:7 640 0"]
    shown = project.run("sh", "-c", "ls /many /linked; stat -c %a /w/sub /linked; cat /read")
    assert shown.split() == [
        *("/linked:", "tool.bin", "/many:", "__unnamed__", "a.tar.gz"),
        *("755", "755", "content"),
    ]
    history = [entry["created_by"] for entry in project.inspect()["History"]]
    assert f"ADD {url} sub/ # buildkit" in history
    before, asked = project.id(), len(server.requests)
    environment, calls = engine_calls()
    output = project.build(None, env=environment).stderr
    assert (calls(), project.id()) == ([], before), "nothing to do: no engine is started"
    assert len(server.requests) == asked + 3, "one conditional request for each URL"
    assert output.count(" CACHED") == 8
    server.put("/files/tool.bin?v=1", "changed")
    failed = project.build(None, check=False)
    assert f"digest mismatch for {url}" in failed.stderr
    assert "Dockerfile:4\n" in failed.stderr


def test_a_repository_with_submodules(project: Project, tmp_path: Path) -> None:
    inner = origin(tmp_path / "repos/inner")
    inner.commit(inner="inner")
    repo = origin(tmp_path / "repos/main")
    repo.commit(f="f", d___run="run")
    (repo.folder / "d/run").chmod(0o755)
    (repo.folder / "link").symlink_to("f")
    with git_daemon(tmp_path / "repos") as host:
        repo.git("submodule", "add", "-q", "../inner", "sub")
        repo.git("config", "-f", ".gitmodules", "submodule.sub.url", "../inner")
        first = repo.commit("first")
        repo.git("tag", "v1")
        repo.commit("second", f="second")
        project.write("local", "local")
        text = (
            f"FROM diamol/base\nADD {host}/main#v1 /one\n"
            f"ADD --keep-git-dir --checksum={first} {host}/main?tag=v1 /kept\n"
            f"ADD --chown=5:6 {host}/main?subdir=d local /part/\n"
            f"RUN cat /one/sub/inner /one/link /part/run >/read\n"
        )
        project.build(text)
        assert project.run("cat", "/read") == "innerfrun"
        listed = project.run(
            *("stat", "-c", "%n %u:%g %a"),
            *("/one", "/one/f", "/one/d", "/one/d/run", "/one/sub", "/part/run", "/part/local"),
        )
        assert listed.splitlines() == [
            "/one 0:0 755",
            "/one/f 0:0 644",
            "/one/d 0:0 755",
            "/one/d/run 0:0 755",
            "/one/sub 0:0 755",
            "/part/run 5:6 755",
            "/part/local 5:6 644",
        ]
        shown = project.run("sh", "-c", "ls -A /one; cat /kept/.git/HEAD /kept/f")
        assert ".git\n" not in shown
        assert shown.endswith(f"{first}\nf")
        before = project.id()
        project.build(None)
        assert project.id() == before
        refused = project.build(
            f"FROM diamol/base\nADD --checksum=0123456 {host}/main#v1 /x\n", check=False
        )
        assert "expected checksum to match 0123456, got " in refused.stderr
        assert "Dockerfile:2\n" in refused.stderr
        missing = project.build(f"FROM diamol/base\nADD {host}/main#none /x\n", check=False)
        assert "repository does not contain ref none" in missing.stderr


def test_secrets_for_servers_are_seen_nowhere(
    project: Project, server: Web, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    secret = f"id=HTTP_AUTH_TOKEN_127.0.0.1,src={tmp_path / 'token'}"
    url = server.put("/f", "content", authorization=f"Bearer {TOKEN}")
    text = f"FROM diamol/base\nADD {url} /f\n"
    denied = project.build(text, check=False)
    assert "invalid response status 401" in denied.stderr
    assert "--secret id=HTTP_AUTH_TOKEN_127.0.0.1,src=FILE" in denied.stderr
    result = project.build(text, "--secret", secret, env={"ROOTBUILD_DEBUG": "1"})
    assert project.run("cat", "/f") == "content"
    (tmp_path / "token").write_text(TOKEN + "-wrong")
    denied = project.build(text, "--secret", secret, check=False)
    assert denied.status == 1
    (tmp_path / "token").unlink()
    kept = b"".join(
        path.read_bytes() for path in project.rootbuild.state.rglob("*") if path.is_file()
    )
    assert TOKEN not in result.stderr + denied.stderr + str(project.inspect())
    assert TOKEN.encode() not in kept


@pytest.mark.parametrize("options", [(), ("--no-cache",)], ids=["outside", "inside"])
def test_an_interrupted_download_leaves_nothing(
    options: tuple[str, ...], project: Project, server: Web
) -> None:
    """Whether it is a half of the build outside of the namespace that waits, or a stage inside."""
    project.build("FROM diamol/base\nRUN touch /known\n")
    url = server.put("/f", "content", delays=[60])
    project.write("Dockerfile", f"FROM diamol/base\nADD {url} /f\n")
    command = (*project.rootbuild.program, "image", "build", "-t", project.tag, *options)
    process = subprocess.Popen(
        (*command, str(project.folder)),
        env=project.rootbuild.environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 143, said
    assert "Traceback" not in said
    server.pages["/f"] = Page(b"content")
    project.build(None)
    assert project.run("cat", "/f") == "content"


def test_an_interrupted_fetch_leaves_no_git_behind(project: Project, tmp_path: Path) -> None:
    """`git` never ends here, and starts another program; `no_traces` would find both."""
    wrappers = tmp_path / "bin"
    wrappers.mkdir()
    (wrappers / "git").write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nsleep 1000 & wait\n")
    (wrappers / "git").chmod(0o755)
    project.write("Dockerfile", "FROM diamol/base\nADD git://127.0.0.1:1/r /r\n")
    environment = {"PATH": f"{wrappers}:{os.environ['PATH']}"}
    process = subprocess.Popen(
        (*project.rootbuild.program, "image", "build", "-t", project.tag, str(project.folder)),
        env=project.rootbuild.environment(environment),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130, said


def test_git_that_is_not_installed_is_said_so(project: Project, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for folder in ("/usr/bin", "/bin"):
        for program in Path(folder).iterdir():
            if program.name != "git" and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    result = project.build(
        "FROM diamol/base\nADD git://127.0.0.1/r /r\n", check=False, env={"PATH": str(programs)}
    )
    assert "git is not installed" in result.stderr
    assert "apt-get install git" in result.stderr
    assert "[program-missing]" in result.stderr

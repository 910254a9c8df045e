"""Commits from real servers on loopback: `git daemon`, and HTTP, smart and dumb."""

from __future__ import annotations

import base64
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rootbuild.errors import DockerfileError, RemoteError
from rootbuild.remote.access import Access
from rootbuild.remote.git import checked_out, resolve
from rootbuild.remote.parse import parse_source
from rootbuild.remote.program import Call, environment, ssh_command
from rootbuild.remote.sources import GitSource
from tests.gitserver import Origin, git_daemon, origin, serve_git
from tests.webserver import Web


@dataclass(frozen=True, slots=True)
class Host:
    """Repositories behind one address, and a cache for what is fetched."""

    folder: Path
    url: str

    def new(self, name: str) -> Origin:
        return origin(self.folder / "repos" / name)

    def source(self, text: str) -> GitSource:
        found = parse_source(text if "://" in text else f"{self.url}/{text}")
        assert isinstance(found, GitSource)
        return found

    def fetch(self, text: str, access: Access | None = None) -> dict[str, str]:
        """The files of a source: name -> content."""
        source, access = self.source(text), access or Access()
        commit = resolve(source, access)
        with checked_out(source, commit, self.cache, access) as tree:
            return {
                str(path.relative_to(tree)): path.read_text()
                for path in sorted(tree.rglob("*"))
                if path.is_file() and ".git/" not in str(path.relative_to(tree))
            }

    @property
    def cache(self) -> Path:
        return self.folder / "cache"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    (tmp_path / "repos").mkdir()
    with git_daemon(tmp_path / "repos") as url:
        yield Host(tmp_path, url)


def test_branches_tags_commits_and_whole_refs(host: Host) -> None:
    repo = host.new("r")
    first = repo.commit(f="one")
    repo.git("tag", "v1")
    repo.git("tag", "-a", "v2", "-m", "annotated")
    repo.git("branch", "old")
    last = repo.commit(f="two")
    repo.git("branch", "v1")  # as the tag is called: branches come first
    repo.git("update-ref", "refs/pull/1/head", first)
    one, two = {"f": "one"}, {"f": "two"}
    for source, files in (
        ("r", two),
        ("r#main", two),
        ("r#old", one),
        ("r#v1", two),
        ("r?tag=v1", one),
        ("r#v2", one),
        ("r#refs/heads/old", one),
        ("r#pull/1/head", one),
        (f"r#{first}", one),
        (f"r#{last}", two),
    ):
        assert host.fetch(source) == files, source
    assert resolve(host.source("r#v2"), Access()) == first, "the commit, not the tag's object"


def test_refs_that_are_not_there(host: Host) -> None:
    commit = host.new("r").commit(f="one")
    for ref in ("nothing", "refs/heads/nothing", commit[:10]):
        with pytest.raises(RemoteError) as caught:
            host.fetch(f"r#{ref}")
        assert caught.value.report.message == f"repository does not contain ref {ref}"
        assert caught.value.id == "git-ref-missing"
    with pytest.raises(RemoteError) as caught:
        host.fetch("r#" + "0" * 40)
    assert "0" * 40 in caught.value.report.message + caught.value.report.detail
    with pytest.raises(RemoteError) as caught:
        host.fetch("none")
    assert caught.value.report.message == f"failed to fetch remote {host.url}/none"
    assert caught.value.report.detail


def test_checksums(host: Host) -> None:
    repo = host.new("r")
    commit = repo.commit(f="one")
    repo.git("tag", "-a", "v1", "-m", "annotated")
    tag = repo.git("rev-parse", "v1")
    for checksum in (commit, commit[:7], tag, tag[:9]):
        assert host.fetch(f"r?checksum={checksum}&ref=v1") == {"f": "one"}
    with pytest.raises(RemoteError) as caught:
        host.fetch("r?checksum=1234567&ref=v1")
    expected = f"expected checksum to match 1234567, got {commit} or {tag}"
    assert caught.value.report.message == expected
    with pytest.raises(DockerfileError) as wrong:
        host.fetch("r?checksum=foobar&ref=v1")
    assert "invalid checksum" in wrong.value.report.message
    assert "expected hex commit hash" in wrong.value.report.message


def test_a_known_commit_needs_no_remote(host: Host) -> None:
    repo = host.new("r")
    commit = repo.commit(f="one")
    host.fetch(f"r#{commit}")
    shutil.rmtree(host.folder / "repos/r")
    assert host.fetch(f"r#{commit}") == {"f": "one"}
    assert host.fetch(f"r?ref=main&checksum={commit}&fetch-by-commit=1") == {"f": "one"}
    for tree in host.cache.glob("*/trees/*"):
        shutil.rmtree(tree)
    assert host.fetch(f"r#{commit}") == {"f": "one"}, "it is checked out again, not fetched"


def test_modes_links_and_times(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = host.new("r")
    repo.commit(f="f", run="run", d___f="f")
    (repo.folder / "run").chmod(0o755)
    (repo.folder / "link").symlink_to("/etc/passwd")
    repo.commit()
    before = os.umask(0o077)
    try:
        source = host.source("r?mtime=commit")
        with checked_out(source, repo.head, host.cache, Access()) as tree:
            found = {path.name: path.lstat() for path in (tree, *tree.iterdir())}
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE(status.st_mode) for name, status in found.items()}
    modes.pop("link")
    assert modes == {tree.name: 0o755, "f": 0o644, "run": 0o755, "d": 0o755}
    assert stat.S_ISLNK(found["link"].st_mode)
    assert {status.st_mtime for status in found.values()} == {1_700_000_000}


def test_subdir(host: Host) -> None:
    repo = host.new("r")
    (repo.folder / "out").symlink_to("/etc")
    (repo.folder / "in").symlink_to("a")
    repo.commit(a___b___f="deep", a___g="g")
    assert host.fetch("r#main:a") == {"b/f": "deep", "g": "g"}
    assert host.fetch("r?subdir=/a/b/") == {"f": "deep"}
    assert host.fetch("r#main:../../a/b") == {"f": "deep"}, "it begins at the root"
    for name, why in (
        ("out", "not a directory"),
        ("in/b", "not a directory"),
        ("a/g", "not a directory"),
        ("x", "not found"),
    ):
        with pytest.raises(RemoteError) as caught:
            host.fetch(f"r#main:{name}")
        assert caught.value.report.message == f"failed to open subdir {name}: {why}"


def with_submodules(host: Host) -> Origin:
    """`r` with `one` in sub/one, and `two` in sub/one/two by way of that."""
    host.new("two").commit(two="two")
    one = host.new("one")
    one.commit(one="one")
    one.git("submodule", "add", "-q", "../two", "two")
    one.git("config", "-f", ".gitmodules", "submodule.two.url", f"{host.url}/two")
    one.commit()
    repo = host.new("r")
    repo.commit(f="f")
    repo.git("submodule", "add", "-q", "../one", "sub/one")
    repo.git("config", "-f", ".gitmodules", "submodule.sub/one.url", "../one")
    repo.commit()
    return repo


def test_submodules(host: Host) -> None:
    with_submodules(host)
    inner = {"one": "one", "two/two": "two"}
    found = host.fetch("r")
    assert {name for name in found if not name.endswith(".gitmodules")} == {
        *("f", "sub/one/one", "sub/one/two/two"),
    }
    found = host.fetch("r#main:sub/one")
    assert {name: text for name, text in found.items() if name != ".gitmodules"} == inner
    assert host.fetch("r#main:sub/one/two") == {"two": "two"}
    assert set(host.fetch("r?submodules=false")) == {"f", ".gitmodules"}


@pytest.mark.parametrize(
    "url", ["", "/srv/x", "file:///etc", "ext::sh -c 'touch HERE/x'", "../../../x"]
)
def test_submodules_that_are_refused(host: Host, tmp_path: Path, url: str) -> None:
    repo = with_submodules(host)
    if url:
        repo.git(
            *("config", "-f", ".gitmodules"),
            "submodule.sub/one.url",
            url.replace("HERE", str(tmp_path)),
        )
    else:
        repo.git("config", "-f", ".gitmodules", "--remove-section", "submodule.sub/one")
    repo.commit()
    with pytest.raises(RemoteError) as caught:
        host.fetch("r")
    assert caught.value.id == "git-submodule"
    assert "the submodule sub/one" in caught.value.report.message
    assert not (tmp_path / "x").exists()


def test_git_dir_is_kept_when_asked_for(host: Host) -> None:
    repo = host.new("r")
    repo.commit("first", f="one")
    repo.commit("second", f="two")
    source = host.source("r?keep-git-dir=true")
    digests = set()
    for _ in range(2):
        with checked_out(source, repo.head, host.cache, Access()) as tree:

            def git(*words: str) -> str:
                command = ("git", "-c", "safe.directory=*", "-C", str(tree), *words)
                return subprocess.run(command, capture_output=True, check=True, text=True).stdout

            assert git("log", "--format=%s") == "second\n"
            assert git("remote", "get-url", "origin") == f"{host.url}/r\n"
            digests.add((tree / ".git/index").read_bytes())
            assert sorted(path.name for path in (tree / ".git").iterdir()) == [
                *("HEAD", "config", "index", "objects", "refs", "shallow"),
            ], "nothing of this host: no logs, no hooks"
            assert git("status", "--porcelain") == ""
        shutil.rmtree(tree)
    assert len(digests) == 1, "no times in it"
    with checked_out(host.source("r"), repo.head, host.cache, Access()) as tree:
        assert not (tree / ".git").exists()


def test_repositories_cannot_choose_programs(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by attributes nor by anything that the user's own configuration has for himself."""
    touch = tmp_path / "touched"
    home, hooks = tmp_path / "home", tmp_path / "hooks"
    home.mkdir()
    hooks.mkdir()
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {touch}\n")
        (hooks / hook).chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[core]\nhooksPath = {hooks}\nfsmonitor = touch {touch}\n"
        f'[filter "evil"]\nsmudge = touch {touch}\nprocess = touch {touch}\n'
        f"[init]\ntemplateDir = {home}\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_WORK_TREE", "/nonexistent")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'core.fsmonitor=touch {touch}'")
    with monkeypatch.context() as clean:
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_PARAMETERS"):
            clean.delenv(name)
        repo = host.new("r")
        repo.commit(f="f", __gitattributes="* filter=evil\n")
    for source in ("r", "r?keep-git-dir=1"):
        assert host.fetch(source)["f"] == "f"
    assert not touch.exists()


def test_names_that_lead_out_are_refused(host: Host, tmp_path: Path) -> None:
    repo = host.new("r")
    repo.commit(f="f")
    blob = repo.git("rev-parse", "HEAD:f")
    for name in ("..", ".git"):
        tree = (
            subprocess.run(
                ("git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"),
                input=b"100644 " + name.encode() + b"\0" + bytes.fromhex(blob),
                cwd=repo.folder,
                capture_output=True,
                check=True,
            )
            .stdout.decode()
            .strip()
        )
        commit = repo.git("commit-tree", tree, "-m", "evil")
        repo.git("update-ref", "refs/heads/evil", commit)
        with pytest.raises(RemoteError):
            host.fetch("r#evil")


def test_http_smart_and_dumb(host: Host, web: Web) -> None:
    repo = with_submodules(host)
    first = repo.git("rev-parse", "HEAD~1")
    serve_git(web, host.folder / "repos")
    address = web.url("/r/.git")
    assert host.fetch(f"{address}?submodules=0")["f"] == "f"
    assert host.fetch(f"{address}#{first}") == {"f": "f"}, "a commit that no ref names"
    web.handle = None
    repo.git("repack", "-adq")
    repo.git("update-server-info")
    for path in (repo.folder / ".git").rglob("*"):
        if path.is_file():
            web.put(f"/dumb.git/{path.relative_to(repo.folder / '.git')}", path.read_bytes())
    web.pages["/dumb.git/info/refs?service=git-upload-pack"] = web.pages["/dumb.git/info/refs"]
    assert host.fetch(f"{web.url('/dumb.git')}#{first}") == {"f": "f"}


def test_secrets_are_sent_and_seen_nowhere_else(
    host: Host, web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = "correct-horse"
    header = f"basic {base64.b64encode(f'x-access-token:{token}'.encode()).decode()}"
    host.new("r").commit(f="f")
    serve_git(web, host.folder / "repos", authorization=header)
    with pytest.raises(RemoteError) as caught:
        host.fetch(web.url("/r/.git"))
    assert f"GIT_AUTH_TOKEN.{web.address}" in caught.value.report.hint
    seen = tmp_path / "argv"
    real = shutil.which("git")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f'#!/bin/sh\necho "$@" >>{seen}\nexec {real} "$@"\n')
    (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    access = Access(lambda name: token.encode() if name == "GIT_AUTH_TOKEN" else None)
    assert host.fetch(web.url("/r/.git?keep-git-dir=1"), access)["f"] == "f"
    password = Access(lambda _: None)
    url = web.url("/r/.git?submodules=0").replace("//", f"//x-access-token:{token}@")
    assert host.fetch(url, password)["f"] == "f"
    kept = b"".join(path.read_bytes() for path in host.cache.rglob("*") if path.is_file())
    encoded = header.partition(" ")[2]
    for text in (token, encoded):
        assert text not in seen.read_text()
        assert text.encode() not in kept
    with pytest.raises(RemoteError) as caught:
        host.fetch(url.replace(token, "wrong-one").replace("/r/", "/none/"))
    assert "wrong-one" not in caught.value.report.message + caught.value.report.detail


def test_ssh_is_handed_the_agent_and_asks_nobody(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of ssh there is a script, which does here what it would do on the host."""
    host.new("r").commit(f="f")
    script = tmp_path / "ssh"
    script.write_text(
        f'#!/bin/sh\necho "$SSH_AUTH_SOCK $@" >>{tmp_path}/calls\n'
        'while [ "$1" = -o ]; do shift 2; done\nshift\nexec sh -c "$*"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    access = Access(agent=tmp_path / "agent")
    for source in (f"ssh://git@h.example{tmp_path}/repos/r", f"git@h.example:{tmp_path}/repos/r"):
        found = parse_source(source)
        assert isinstance(found, GitSource)
        with checked_out(found, resolve(found, access), host.cache, access) as tree:
            assert (tree / "f").read_text() == "f"
    calls = (tmp_path / "calls").read_text()
    assert calls.startswith(f"{tmp_path / 'agent'} -o BatchMode=yes")
    assert "git@h.example" in calls


def test_trees_that_nobody_holds_go(host: Host) -> None:
    repo = host.new("r")
    first = repo.commit(f="one")
    with checked_out(host.source("r"), first, host.cache, Access()) as tree:
        second = repo.commit(f="two")
        assert host.fetch("r") == {"f": "two"}
        assert (tree / "f").read_text() == "one"
    assert second != first
    repo.commit(f="three")
    host.fetch("r")
    assert len(list(host.cache.glob("*/trees/*"))) == 1


def test_what_a_killed_build_left(host: Host) -> None:
    repo = host.new("r")
    repo.commit(f="one")
    host.fetch("r")
    (place,) = host.cache.iterdir()
    (place / "trees/making/files").mkdir(parents=True)
    (place / "trees/making/index.lock").touch()
    repository = place / "repository"
    for name in ("shallow.lock", "config.lock", f"refs/rootbuild/{repo.head}.lock"):
        (repository / name).touch()
    (repository / "config").unlink()
    repo.commit(f="two")
    assert host.fetch("r") == {"f": "two"}


def test_a_repository_without_files(host: Host) -> None:
    host.new("r").commit()
    assert host.fetch("r") == {}


def test_repositories_of_sha256(host: Host) -> None:
    folder = host.folder / "repos/r"
    folder.mkdir()
    repo = Origin(folder)
    repo.git("init", "-q", "--initial-branch=main", "--object-format=sha256")
    commit = repo.commit(f="f")
    assert len(commit) == 64
    assert host.fetch("r?keep-git-dir=1")["f"] == "f"
    assert host.fetch(f"r#{commit}") == {"f": "f"}


def test_the_environment_of_git() -> None:
    local = environment(Call(("x",)), {})
    assert (local["GIT_CONFIG_GLOBAL"], local["GIT_ALLOW_PROTOCOL"]) == ("/dev/null", "none")
    config = (("http.https://h/.extraHeader", "Authorization: s"),)
    ours = {"HOME": "/h", "GIT_DIR": "/x", "GIT_SSL_CAINFO": "/ca"}
    call = Call(("x",), remote=True, config=config, agent=Path("/agent"))
    remote = environment(call, ours)
    assert "GIT_CONFIG_GLOBAL" not in remote, "the user's credential helpers and proxies hold"
    assert remote["GIT_CONFIG_NOSYSTEM"] == "1"
    assert remote["GIT_ALLOW_PROTOCOL"] == "git:http:https:ssh"
    assert remote["SSH_AUTH_SOCK"] == "/agent"
    assert remote["GIT_SSL_CAINFO"] == "/ca"
    assert "GIT_DIR" not in remote
    number = int(remote["GIT_CONFIG_COUNT"]) - 1
    assert remote[f"GIT_CONFIG_VALUE_{number}"] == "Authorization: s"


def test_the_command_of_ssh(tmp_path: Path) -> None:
    assert ssh_command({"HOME": "/home/u"}, "/home/u").startswith("ssh -o BatchMode=yes ")
    assert "-F" not in ssh_command({"HOME": "/home/u"}, "/home/u")
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").touch()
    inside = ssh_command({"HOME": str(tmp_path)}, "/root")
    assert f"-F {tmp_path}/.ssh/config" in inside
    assert f"UserKnownHostsFile={tmp_path}/.ssh/known_hosts" in inside
    own = ssh_command({"HOME": str(tmp_path), "GIT_SSH_COMMAND": "ssh -i key"}, "/root")
    assert re.match("ssh -i key -o BatchMode=yes", own)
    assert "-F" not in own

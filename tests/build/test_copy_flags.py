"""The flags of COPY, and ADD, in whole builds."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine


def archive(*members: tuple[str, str, int, int]) -> bytes:
    """A tar.gz of files: (name, content, owner, mode)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content, owner, mode in members:
            info = tarfile.TarInfo(name)
            info.uid, info.gid, info.mode, info.mtime = owner, owner + 1, mode, 1_000_000_000
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content.encode()))
    return gzip.compress(buffer.getvalue(), mtime=0)


def cached(output: str) -> int:
    return output.count(" CACHED")


def test_exclude_from_the_context_and_from_a_stage(project: Project) -> None:
    for name in ("d/a.txt", "d/a.md", "d/sub/b.txt", "d/sub/b.md"):
        project.write(name, name)
    text = (
        "FROM diamol/base AS one\nCOPY --exclude=*.txt --exclude=sub/*.md d /d\n"
        "FROM diamol/base\nCOPY --from=one --exclude=a.* /d /e\nCOPY --exclude=** d /f\n"
    )
    project.build(text)
    assert project.run("sh", "-c", "cd / && find e f | sort").split() == [
        *("e", "e/sub", "e/sub/b.txt", "f"),
    ]
    project.write("d/a.txt", "changed")
    assert cached(project.build(None).stderr) >= 3, "what is excluded does not count"


def test_parents(project: Project) -> None:
    for name in ("src/a/one.c", "src/b/two.c", "src/b/two.h"):
        project.write(name, name)
    project.build(
        "FROM diamol/base AS one\nCOPY --parents src/**/*.c /w/\n"
        "FROM diamol/base\nCOPY --from=one --parents /w/./src/b /out/\n"
    )
    assert project.run("sh", "-c", "cd /out && find . -type f").split() == ["./src/b/two.c"]
    result = project.build("FROM diamol/base\nCOPY --parents src/none /w/\n", check=False)
    assert 'failed to calculate checksum of ref: "/src/none": not found' in result.stderr


def test_link_is_laid_over(project: Project) -> None:
    project.write("f", "f")
    project.build(
        "FROM diamol/base\nRUN mkdir -p /real /x && ln -s /real /link && chmod 700 /x\n"
        "COPY --link f /link/\nCOPY --link f /x/\nADD --link <<E /real/\nhere\nE\n"
    )
    found = project.run("sh", "-c", "ls -ld /link /x | cut -c1-10; ls /real; cat /link/f")
    assert found.split() == ["drwxr-xr-x", "drwxr-xr-x", "E", "f"]


def test_add_unpacks_archives_and_copies_the_rest(project: Project) -> None:
    project.write("a.tar.gz", archive(("bin/tool", "tool", 5, 0o4755), ("f", "f", 0, 0o600)))
    project.write("plain", "plain")
    text = (
        "FROM diamol/base\nADD a.tar.gz /opt\nADD --unpack=false a.tar.gz plain /kept/\n"
        "ADD --chown=7:8 a.tar.gz /owned/\nADD <<E /kept/\ninline\nE\n"
    )
    project.build(text)
    found = project.run("sh", "-c", "stat -c '%u:%g %a %Y' /opt/bin/tool /owned/bin/tool; ls /kept")
    assert found.splitlines() == [
        "5:6 4755 1000000000",
        "7:8 4755 1000000000",
        *("E", "a.tar.gz", "plain"),
    ]
    history = [entry["created_by"] for entry in project.inspect()["History"]]
    assert history[-4:] == [
        "ADD a.tar.gz /opt # buildkit",
        "ADD a.tar.gz plain /kept/ # buildkit",
        "ADD --chown=7:8 a.tar.gz /owned/ # buildkit",
        "ADD <<E /kept/ # buildkit",
    ]
    assert cached(project.build(None).stderr) == 5
    project.write("a.tar.gz", archive(("f", "changed", 0, 0o600)))
    project.build(None)
    assert project.run("sh", "-c", "cat /opt/f; echo; ls /opt").split() == ["changed", "f"]


def test_a_hostile_archive_is_one_message(project: Project) -> None:
    project.write("a.tar.gz", archive(("f", "f", 0, 0o600), ("../../etc/passwd", "bad", 0, 0o644)))
    result = project.build("FROM diamol/base\nADD a.tar.gz /opt/\n", check=False)
    assert result.status == 1
    assert 'archive path "../../etc/passwd" is outside extraction root' in result.stderr
    assert "Dockerfile:2\n" in result.stderr
    assert "Traceback" not in result.stderr

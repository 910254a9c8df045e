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


def test_the_layer_of_a_link_is_put_on_top_of_new_ones(project: Project) -> None:
    for name in ("d/one", "d/two"):
        project.write(name, name)
    text = "FROM diamol/base\nRUN echo {} >/lower\nCOPY --link d /opt/d/\nRUN ls /opt/d >/seen\n"
    project.build(text.format(1), "--layers=all")
    before = project.inspect()["RootFS"]["Layers"]
    project.build(text.format(2), "--layers=all")
    after = project.inspect()["RootFS"]["Layers"]
    assert after[-3] != before[-3]
    assert after[-2] == before[-2]
    assert project.run("cat", "/lower", "/seen", "/opt/d/two") == "2\none\ntwo\nd/two"


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


def test_destinations_owners_and_modes(project: Project) -> None:
    for name in ("f", "g", "d/one", "d/sub/two"):
        project.write(name, name, 0o640)
    (project.folder / "d").chmod(0o711)
    (project.folder / "d/sub").chmod(0o750)
    project.build(
        "FROM diamol/base\n"
        "RUN echo named:x:55:66::/:/bin/sh >>/etc/passwd && echo crew:x:77: >>/etc/group"
        " && mkdir -p /have/sub && chmod 700 /have && chown 9:8 /have && ln -s /have /link\n"
        "WORKDIR /w\nARG WHO=named:crew MODE=u=rwX,g=u,o=\n"
        "COPY f /file\nCOPY f /new/dir/\nCOPY f g /two\nCOPY d /tree\nCOPY d /have\n"
        'COPY f /link\nCOPY f .\nCOPY f rel\nCOPY ["g", ""]\nCOPY d/* /flat/.\n'
        "COPY --chown=named f /o/1\nCOPY --chown=5 f /o/2\nCOPY --chown=$WHO f /o/3\n"
        "COPY --chown=6:crew --chmod=2770 <<E /o/new/4\nE\nCOPY --chmod=$MODE d /sym\n"
    )
    places = ("file", "new", "two", "tree", "have", "w", "flat", "o", "sym")
    listing = f"cd /; for p in {' '.join(places)}; do find $p | sort; done"
    shown = project.run("sh", "-c", f"{listing} | xargs stat -c '%n %u:%g %a'")
    assert shown.splitlines() == [
        "file 0:0 640",
        *("new 0:0 755", "new/dir 0:0 755", "new/dir/f 0:0 640"),
        *("two 0:0 755", "two/f 0:0 640", "two/g 0:0 640"),
        *("tree 0:0 755", "tree/one 0:0 640", "tree/sub 0:0 750", "tree/sub/two 0:0 640"),
        *("have 9:8 700", "have/f 0:0 640", "have/one 0:0 640"),
        *("have/sub 0:0 750", "have/sub/two 0:0 640"),
        *("w 0:0 755", "w/f 0:0 640", "w/g 0:0 640", "w/rel 0:0 640"),
        *("flat 0:0 755", "flat/one 0:0 640", "flat/two 0:0 640"),
        *("o 55:66 755", "o/1 55:66 640", "o/2 5:5 640", "o/3 55:77 640"),
        *("o/new 6:77 2770", "o/new/4 6:77 2770"),
        *("sym 0:0 770", "sym/one 0:0 660", "sym/sub 0:0 770", "sym/sub/two 0:0 660"),
    ]
    failed = project.build("FROM diamol/base\nCOPY --chown=nobody-at-all f /f\n", check=False)
    assert "nobody-at-all" in failed.stderr

"""Every kind of context on a real engine."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rootbuild.testing.layouts import Layout
from tests.build.builds import Project
from tests.files.archives import directory, member, packed
from tests.gitserver import git_daemon, origin
from tests.hosts import ENGINE
from tests.program import Result, Rootbuild
from tests.webserver import Web, web

pytestmark = pytest.mark.engine

EngineCalls = Callable[[], tuple[dict[str, str], Callable[[], list[str]]]]
SHOW = "RUN find /c -exec stat -c '%n %a %u:%g' {} + | sort"


@pytest.fixture(autouse=True)
def _no_caches_left(rootbuild: Rootbuild) -> Iterator[None]:
    """Files of caches may belong to users whom pytest cannot remove files of."""
    yield
    caches = rootbuild.state / "cache/rootbuild/mounts"
    subprocess.run(["buildah", "unshare", "rm", "-rf", str(caches)], check=True)


@pytest.fixture
def pages() -> Iterator[Web]:
    with web() as found:
        yield found


def left(rootbuild: Rootbuild) -> list[str]:
    """What is left of contexts that were fetched."""
    return [path.name for path in (rootbuild.state / "cache/rootbuild/contexts").iterdir()]


def given(rootbuild: Rootbuild, tmp_path: Path, data: bytes, *options: str) -> Result:
    """A build with a context on standard input."""
    (tmp_path / "stdin").write_bytes(data)
    with (tmp_path / "stdin").open("rb") as stdin:
        result = rootbuild("build", *options, "-", stdin=stdin)
    assert left(rootbuild) == []
    return result


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, check=True, capture_output=True).stdout


def test_archives_on_standard_input(rootbuild: Rootbuild, tmp_path: Path) -> None:
    """Foreign owners, and files that only root may read; the same whatever the compression."""
    foreign: dict[str, Any] = {"uid": 4_000_000_000, "gid": 4_000_000_000}
    members = [
        member("Dockerfile", f"FROM diamol/base\nCOPY . /c\n{SHOW}\nRUN cat /c/secret\n".encode()),
        member(".dockerignore", b"Dockerfile\n.dockerignore\nignored\n"),
        member("secret", b"unreadable\n", mode=0, **foreign),
        member("ignored", b"x"),
        directory("d", 0o500, **foreign),
        member("d/setuid", b"s", mode=0o4755, **foreign),
    ]
    data = packed(members)
    first = given(rootbuild, tmp_path, data)
    for line in (
        *("/c 755 0:0", "/c/d 500 0:0", "/c/d/setuid 4755 0:0", "/c/secret 0 0:0"),
        *("unreadable", "[internal] load remote build context"),
    ):
        assert line in first.stderr
    assert "ignored" not in first.stderr
    for compress in (gzip.compress, bz2.compress, lzma.compress, zstd):
        again = given(rootbuild, tmp_path, compress(data))
        assert re.search(r"\[2/4\] COPY . /c\n#[0-9]+ CACHED", again.stderr)


def test_a_dockerfile_on_standard_input(rootbuild: Rootbuild, tmp_path: Path) -> None:
    text = b"FROM diamol/base\nRUN --mount=target=/c ls -A /c | wc -l | sed s/^/files:/\n"
    assert "files:0" in given(rootbuild, tmp_path, text).stderr


def test_contexts_by_url(
    rootbuild: Rootbuild, pages: Web, tmp_path: Path, engine_calls: EngineCalls
) -> None:
    """HTTP and git, fetched outside of the namespace, or inside of it if an image is missing."""
    text = f"FROM diamol/base\nCOPY a /c/\n{SHOW}\nRUN cat /c/a\n"
    members = [member("sub/D", text.encode()), member("a", b"by-http\n", mode=0o644)]
    url = pages.put("/c.tar.xz", lzma.compress(packed(members)))
    built = rootbuild("build", "-f", "sub/D", url)
    assert "by-http" in built.stderr
    assert "/c/a 644 0:0" in built.stderr
    env, calls = engine_calls()
    again = rootbuild("build", "-f", "sub/D", url, env=env)
    assert calls() == []
    assert again.stderr.count("CACHED") == 4

    dockerfile = pages.put("/D", "FROM diamol/base\nRUN echo no-files\n")
    assert "no-files" in rootbuild("build", dockerfile).stderr

    repository = origin(tmp_path / "repositories" / "r")
    repository.commit(sub___Dockerfile=text, sub___a="by-git\n")
    with git_daemon(tmp_path / "repositories") as base:
        assert "by-git" in rootbuild("build", f"{base}/r#main:sub").stderr
        layout = Layout(tmp_path / "layout")
        shell = {"bin/sh": Path("/bin/busybox").read_bytes(), "unique": os.urandom(16)}
        _, image = layout.add(shell)
        (tmp_path / "c").mkdir()
        (tmp_path / "c/Dockerfile").write_text(
            "FROM base\nCOPY --from=r sub/a /\nCOPY --from=t a /b\nRUN while read x; do echo $x; "
            "done </a; while read x; do echo $x; done </b\n"
        )
        result = rootbuild(
            "build",
            *("--build-context", f"base=oci-layout://{layout.folder}"),
            *("--build-context", f"r={base}/r", "--build-context", f"t={url}"),
            str(tmp_path / "c"),
        )
    loaded, context = (
        result.stderr.find(text) for text in ("[internal] load oci", f"load {base}/r")
    )
    assert 0 <= loaded < context, result.stderr
    assert re.search(r"#\d+ [\d.]+ by-git\n#\d+ [\d.]+ by-http\n", result.stderr)
    assert left(rootbuild) == []
    subprocess.run(["buildah", "rmi", "-f", image], check=True, capture_output=True)


FOLDERS = """\
FROM src AS based
RUN --mount=from=tools,target=/tools ["/tools/bin/busybox", "sh", "-c", \
"/tools/bin/busybox stat -c 'based %n %a %u:%g' /d /d/f /setuid"]

FROM diamol/base
COPY --from=src d /c/
COPY --from=based --chown=3:4 d/f /c/owned
RUN --mount=from=src,target=/ro --mount=from=src,target=/rw,rw \
    --mount=type=cache,from=src,source=d,target=/cache \
    cat /ro/d/f && ls -A /ro && touch /rw/new && stat -c 'cache %n %u:%g' /cache/f && \
    ! touch /ro/new 2>&-
RUN stat -c 'copied %n %a %u:%g' /c/f /c/owned
"""


def test_named_folders_and_images(project: Project, tmp_path: Path, rootbuild: Rootbuild) -> None:
    """As a base, to copy from, to mount, and as a cache's first content: all becomes root's."""
    folder = tmp_path / "src"
    (folder / "d").mkdir(parents=True)
    (folder / "d/f").write_text("content\n")
    (folder / "d").chmod(0o711)
    (folder / "ignored").write_text("x")
    (folder / ".dockerignore").write_text("ignored\n.dockerignore\n")
    (folder / "setuid").write_text("x")
    (folder / "setuid").chmod(0o4711)
    busybox = tmp_path / "tools/bin/busybox"
    busybox.parent.mkdir(parents=True)
    busybox.write_bytes(Path("/bin/busybox").read_bytes())
    busybox.chmod(0o755)
    options = (
        *("--build-context", f"src={folder}"),
        *("--build-context", f"tools={tmp_path / 'tools'}"),
    )
    result = project.build(FOLDERS, *options)
    for line in (
        *("based /d 711 0:0", "based /setuid 4711 0:0", "content", "cache /cache/f 0:0"),
        *("copied /c/f 644 0:0", "copied /c/owned 644 3:4", "[based 1/2] FROM src"),
    ):
        assert line in result.stderr
    assert "ignored" not in result.stderr
    assert "new" not in os.listdir(folder)
    assert project.build(FOLDERS, *options).stderr.count("CACHED") == 7


def test_layouts_and_images(project: Project, tmp_path: Path, engine_calls: EngineCalls) -> None:
    """A folder that skopeo wrote, as a base, as a stage, and to copy from."""
    made = Layout(tmp_path / "made")
    files = {"bin/sh": Path("/bin/busybox").read_bytes(), "unique": os.urandom(16)}
    _, image = made.add(files, "v1", {"Env": ["FROM_LAYOUT=1"], "WorkingDir": "/there"})
    layout = tmp_path / "layout"
    argv = ("skopeo", "copy", "-q", f"oci:{made.folder}:v1", f"oci:{layout}:v1")
    subprocess.run(argv, check=True)
    text = (
        "FROM no.such.registry:1/image AS stage\nRUN exit 1\n"
        "FROM base\nRUN echo $FROM_LAYOUT-$PWD\n"
        "COPY --from=stage /unique copied\nCOPY --from=other /etc/passwd /\n"
    )
    options = (
        *("--build-context", f"base=oci-layout://{layout}:v1"),
        *("--build-context", f"stage=oci-layout://{layout}:v1"),
        *("--build-context", "other=docker-image://docker.io/diamol/base"),
    )
    env, calls = engine_calls()
    result = project.build(text, *options, env=env)
    assert "1-/there" in result.stderr
    loads = [call for call in calls() if re.match(f"{ENGINE} pull|skopeo .*copy", call)]
    assert len(loads) == 2, "one brings the base, the other the result"
    assert project.inspect()["Config"]["WorkingDir"] == "/there"
    env, calls = engine_calls()
    project.build(text, *options, env=env)
    assert calls() == []
    subprocess.run(["buildah", "rmi", project.whole, image], check=True, capture_output=True)


def _asleep(rootbuild: Rootbuild, tmp_path: Path) -> subprocess.Popen[str]:
    """A build from standard input that has come to its long step."""
    text = b"FROM diamol/base\nCOPY a /\nRUN echo asleep; sleep 1000\n"
    data = packed([member("Dockerfile", text), member("a", os.urandom(8)), directory("d", 0)])
    (tmp_path / "stdin").write_bytes(data)
    with (tmp_path / "stdin").open("rb") as stdin:
        process = subprocess.Popen(
            [*rootbuild.program, "build", "-"],
            env=rootbuild.environment(),
            stdin=stdin,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    assert process.stderr is not None
    for line in process.stderr:
        if "asleep" in line and "RUN" not in line:
            return process
    raise AssertionError("the build ended early")


def test_interrupted(rootbuild: Rootbuild, tmp_path: Path) -> None:
    process = _asleep(rootbuild, tmp_path)
    assert len(left(rootbuild)) == 1
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert left(rootbuild) == []


def test_interrupted_while_reading(rootbuild: Rootbuild, tmp_path: Path) -> None:
    """The rest of standard input never comes."""
    process = subprocess.Popen(
        [*rootbuild.program, "build", "-"],
        env=rootbuild.environment(),
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    folder = rootbuild.state / "cache/rootbuild/contexts"
    deadline = time.monotonic() + 15
    while not (folder.exists() and left(rootbuild)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert left(rootbuild) == []


@pytest.mark.parametrize("known", [True, False])
def test_killed(rootbuild: Rootbuild, tmp_path: Path, known: bool) -> None:
    """The next build removes what is left, with or without anything to do.

    Where no build is known yet, what goes on inside of the namespace has got the context, and
    removes it when the one outside is gone.
    """
    if known:
        rootbuild("build", "-", input="FROM diamol/base\n")
    process = _asleep(rootbuild, tmp_path)
    process.kill()
    process.communicate(timeout=30)  # what it forked off has noticed when this ends
    assert len(left(rootbuild)) == known
    rootbuild("build", "-", input="FROM diamol/base\n")
    assert left(rootbuild) == []

"""Caches whose content is hostile: nothing outside of them is shown to a step, or written."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _no_caches_left(project: Project) -> Iterator[None]:
    """Files of caches may belong to users whom pytest cannot remove files of."""
    yield
    caches = project.rootbuild.state / "cache/rootbuild/mounts"
    subprocess.run(["buildah", "unshare", "rm", "-rf", str(caches)], check=True)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of the host that no step may see."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "file").write_text("of the host")
    return folder


def test_a_source_that_is_a_link(project: Project, outside: Path) -> None:
    """A cache's links lead through the cache as if it were the root."""
    relative = "../" * 12 + str(outside)
    text = (
        "FROM diamol/base\n"
        f"RUN --mount=type=cache,target=/c mkdir -p /c/etc /c{outside.parent} &&"
        f" ln -s {outside} /c/absolute; ln -s {relative} /c/relative; ln -s /etc /c/etc-link;"
        " echo cached > /c/etc/file\n"
        "RUN --mount=type=cache,target=/x,id=/c,source=etc-link"
        " cat /x/file > /seen; echo written > /x/file; ls /x >> /seen\n"
    )
    project.build(text)
    assert project.run("cat", "/seen") == "cached\nfile\n"
    for link in ("absolute", "relative", "absolute/file", "../../outside"):
        result = project.build(
            f"{text}RUN --mount=type=cache,target=/x,id=/c,source={link} ls /x >&2\n", check=False
        )
        assert "the cache mount at /x has no" in result.stderr, link
        assert "[bad-mount]" in result.stderr
    assert (outside / "file").read_text() == "of the host"


def mounted(output: str) -> bool:
    """Whether the folder was there when it was looked for."""
    return " in\n" in output


def test_a_source_that_is_swapped_while_builds_run(project: Project, outside: Path) -> None:
    """One step swaps a folder for a link to the host's, over and over; others mount the folder."""
    stop = "[ -e /c/stop ]"
    project.build(
        "FROM diamol/base\nRUN --mount=type=cache,target=/c mkdir -p /c/d && echo in >/c/d/file\n"
    )
    swap = (
        "FROM diamol/base\n"
        f"RUN --mount=type=cache,target=/c ln -s {outside} /c/l; i=0;"
        f" while ! {stop} && [ $i -lt 2000 ]; do"
        " mv /c/d /c/e && mv /c/l /c/d && sleep 0.02 && mv /c/d /c/l && mv /c/e /c/d;"
        " sleep 0.02; i=$((i + 1));"
        " done; true\n"
    )
    project.write("swap/Dockerfile", swap)
    other = ("image", "build", str(project.folder / "swap"))
    thread = threading.Thread(target=project.rootbuild, args=other)
    thread.start()
    shown: list[str] = []
    try:
        while len(shown) < 8 or (len(shown) < 50 and not any(map(mounted, shown))):
            result = project.build(
                f"FROM diamol/base\nARG N={len(shown)}\n"
                "RUN --mount=type=cache,target=/x,id=/c,source=d cat /x/file >&2;"
                " echo x >/x/new; true\n",
                check=False,
            )
            shown.append(result.stderr)
    finally:
        project.build("FROM diamol/base\nRUN --mount=type=cache,target=/c touch /c/stop\n")
        thread.join()
    assert any(map(mounted, shown))
    assert not any("of the host" in output for output in shown)
    assert [path.name for path in outside.iterdir()] == ["file"]


def test_first_content_of_a_hostile_stage(project: Project, outside: Path) -> None:
    """Links of a stage that a cache begins with are copied as links, or followed in the stage."""
    text = (
        "FROM diamol/base AS hostile\n"
        f"RUN mkdir -p /d && ln -s {outside} /d/link && ln -s {outside} /top && ln -s /d /inner\n"
        "FROM diamol/base\n"
        "RUN --mount=type=cache,target=/x,from=hostile,source={}"
        " ls /x/ > /seen; readlink /x/link >> /seen; ls /x/link/ >> /seen 2>&1; true\n"
    )
    project.build(text.replace("{}", "inner"))
    seen = project.run("cat", "/seen")
    assert seen.splitlines()[:2] == ["link", str(outside)]
    assert "No such file" in seen
    result = project.build(text.replace("{}", "top"), check=False)
    assert result.status == 1
    assert "not found" in result.stderr
    assert "of the host" not in result.stderr

"""Where a context comes from, by how it is written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild.context.origin import Origin, Stdin, main_origin, named_origin
from rootbuild.errors import DockerfileError
from rootbuild.remote.sources import GitSource, HttpSource

URLS: list[tuple[str, Origin]] = [
    ("https://example.com/c.tar.gz", HttpSource("https://example.com/c.tar.gz")),
    ("http://example.com/Dockerfile", HttpSource("http://example.com/Dockerfile")),
    ("https://example.com/a.git", GitSource("https://example.com/a.git")),
    (
        "https://example.com/a.git#main:sub/dir",
        GitSource("https://example.com/a.git", ref="main", subdir="sub/dir"),
    ),
    ("git://example.com/a#v1", GitSource("git://example.com/a", ref="v1")),
    ("git@example.com:a/b.git", GitSource("git@example.com:a/b.git")),
    ("ssh://git@example.com/a", GitSource("ssh://git@example.com/a")),
    (
        "github.com/docker/rootfs#container:docker",
        GitSource("https://github.com/docker/rootfs", ref="container", subdir="docker"),
    ),
]
FOLDERS = ["a", "./a", "../a b", "/a/b", ".", "a@b", "a/b@c:d", "nowhere/://", "ftp://x/y"]


@pytest.mark.parametrize(("text", "expected"), URLS)
def test_urls(text: str, expected: Origin) -> None:
    assert main_origin(text) == expected
    assert named_origin(text) == expected


@pytest.mark.parametrize("text", FOLDERS)
def test_folders(text: str) -> None:
    assert main_origin(text) == Path(text)
    assert named_origin(text) == Path(text)


def test_standard_input_is_for_the_main_context_alone() -> None:
    assert main_origin("-") == Stdin()
    assert named_origin("-") == Path("-")


def test_a_folder_wins_over_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "github.com/owner/repository"
    assert main_origin(text) == GitSource(f"https://{text}")
    Path(text).mkdir(parents=True)
    assert main_origin(text) == Path(text)


def test_a_malformed_git_url() -> None:
    with pytest.raises(DockerfileError):
        main_origin("https://example.com/a.git?unknown=1")


def test_a_folder_loads_nothing_for_urls() -> None:
    script = (
        "import sys; from rootbuild.context.origin import main_origin; main_origin('.'); "
        "print('rootbuild.remote.parse' in sys.modules)"
    )
    assert process.run([sys.executable, "-c", script]).text == "False"

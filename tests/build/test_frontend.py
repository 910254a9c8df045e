from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.build.contexts import Place
from rootbuild.build.frontend import check_frontend
from rootbuild.build.inputs import Source
from rootbuild.errors import UnsupportedError


def check(text: str, **args: str) -> str | None:
    return check_frontend(Source("Dockerfile", None, text.encode(), Place(Path())), args)


@pytest.mark.parametrize(
    "syntax",
    [
        "docker/dockerfile",
        "docker/dockerfile:1",
        "docker/dockerfile:1.7-labs",
        "docker/dockerfile:latest with words",
        "docker.io/docker/dockerfile:1",
        "index.docker.io/docker/dockerfile:1",
        "docker/dockerfile-upstream:master-labs",
        f"docker/dockerfile:1@sha256:{'0' * 64}",
        "dockerfile.v0",
    ],
)
def test_what_is_built_in(syntax: str) -> None:
    assert check(f"# syntax={syntax}\nFROM a") is None
    assert check("# syntax=other/thing\nFROM a", BUILDKIT_SYNTAX=syntax) is None


def test_none_at_all() -> None:
    assert check("FROM a\n# syntax=other/thing") is None
    assert check("# syntax=other/thing\nFROM a", BUILDKIT_SYNTAX="") is None


@pytest.mark.parametrize("repository", ["docker/dockerfile", "mirror/docker/dockerfile-upstream"])
def test_a_mirror_is_told(repository: str) -> None:
    name = f"registry.example:5000/{repository}:1"
    assert check(f"# syntax={name}\nFROM a") == (
        f"the syntax {name} is taken for a copy of docker/dockerfile, which is built in"
    )


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("# check=skip=all\n# syntax=r2d4/mockerfile x\nFROM a", "r2d4/mockerfile", 2),
        ("#syntax=docker/dockerfiles:1", "docker/dockerfiles:1", 1),
        ("#syntax=dockerfile:1", "dockerfile:1", 1),
        ("#syntax=r.example/my-docker/dockerfile", "r.example/my-docker/dockerfile", 1),
        ("//syntax=Not A Reference", "Not", 1),
        ('{"syntax": "some/json"}', "some/json", 1),
    ],
)
def test_others_are_refused_where_they_are_named(text: str, name: str, line: int) -> None:
    with pytest.raises(UnsupportedError) as caught:
        check(text)
    report = caught.value.report
    assert report.message == (
        f"the syntax {name} is not supported: no frontend but docker/dockerfile is built in"
    )
    assert report.location is not None
    assert report.location.start == line
    assert report.excerpt is not None


def test_the_argument_is_nowhere_in_the_file() -> None:
    with pytest.raises(UnsupportedError, match="the syntax other/thing is not") as caught:
        check("# syntax=docker/dockerfile:1\nFROM a", BUILDKIT_SYNTAX="other/thing x")
    assert caught.value.report.location is None

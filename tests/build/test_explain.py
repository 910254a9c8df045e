"""`--explain` on real engines: what users see."""

from __future__ import annotations

import re

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine


def said(project: Project, *options: str) -> list[tuple[str, str]]:
    """The steps that ran, each with what is said of it."""
    output = project.build(None, "--explain", *options).stderr
    names = dict(re.findall(r"^#(\d+) (\[.*)$", output, re.MULTILINE))
    found = re.findall(r"^#(\d+) because (.*)$", output, re.MULTILINE)
    return [(names[number], reason) for number, reason in found]


def test_why_steps_run(project: Project) -> None:
    project.write("src/a", "a")
    project.write("src/b", "b")
    project.write(
        "Dockerfile",
        "FROM diamol/base AS made\nCOPY src /src\nRUN cat /src/a >/made; date >/when\n"
        "FROM diamol/base\nARG VERSION\nCOPY --from=made /made /made\nRUN echo $VERSION >/v\n",
    )
    copy, run = "[made 2/3] COPY src /src", "[made 3/3] RUN cat /src/a >/made; date >/when"
    taken, last = (
        "[stage-1 2/3] COPY --from=made /made /made",
        "[stage-1 3/3] RUN echo $VERSION >/v",
    )
    assert sorted(said(project)) == sorted(
        (step, "nothing like it was built before") for step in (copy, run, taken, last)
    )
    assert said(project) == []
    project.write("src/a", "A")
    assert said(project) == [
        (copy, "src/a has changed"),
        (run, "the step before it has changed"),
        (taken, "made has changed in stage made"),
        (last, "the step before it has changed"),
    ]
    project.write("src/b", "B")
    assert said(project) == [
        (copy, "src/b has changed"),
        (run, "the step before it has changed"),
    ]
    assert said(project, "--build-arg", "VERSION=2")[-1] == (last, "build arg VERSION is new")

"""ONBUILD on a real engine: images with triggers, ours and buildah's, and what is based on them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.build.builds import Project
from tests.program import lines

pytestmark = pytest.mark.engine

EngineCalls = Callable[[], tuple[dict[str, str], Callable[[], list[str]]]]

PARENT = """\
FROM diamol/base
ENV NAME=parent
ONBUILD ARG WHO=nobody
ONBUILD COPY --from=tools --chown=3:4 /tool /tool
ONBUILD COPY <<E <<'F' /greetings/
hello $WHO of $NAME
E
$WHO
F
onbuild run <<-E
	cat /greetings/* > /said
	echo "and $WHO" >> /said
E
ONBUILD RUN --mount=from=tools,target=/t cat /t/tool > /mounted
ONBUILD COPY . /src
ONBUILD USER 12:13
ONBUILD WORKDIR /src/sub
ONBUILD ENV LATE=$NAME-$WHO
ONBUILD CMD ["cat", "/said"]
"""
CHILD = """\
FROM diamol/base AS unneeded
RUN false
FROM diamol/base AS tools
RUN echo tool > /tool
FROM {}
RUN id > /tmp/id
"""


def images() -> set[str]:
    return set(lines("buildah", "images", "--all", "--quiet", "--no-trunc"))


def test_what_starts_from_an_image(
    project: Project, unique: Callable[..., str], engine_calls: EngineCalls
) -> None:
    parent = replace(project, tag=unique("parent"))
    parent.build(PARENT)
    project.write("file", "of the child")
    text = CHILD.format(parent.tag)
    result = project.build(text, "--build-arg", "WHO=you")
    steps = re.findall(r"^#\d+ (\[stage-2 .*)", result.stderr, re.MULTILINE)
    assert steps == [
        f"[stage-2 1/8] FROM {parent.whole}",
        "[stage-2 2/8] ONBUILD COPY --from=tools --chown=3:4 /tool /tool",
        "[stage-2 3/8] ONBUILD COPY <<E <<F /greetings/",
        "[stage-2 4/8] ONBUILD RUN <<-E (cat /greetings/* > /said...)",
        "[stage-2 5/8] ONBUILD RUN --mount=from=tools,target=/t cat /t/tool > /mounted",
        "[stage-2 6/8] ONBUILD COPY . /src",
        "[stage-2 7/8] ONBUILD WORKDIR /src/sub",
        "[stage-2 8/8] RUN id > /tmp/id",
    ]
    assert project.run() == "hello you of parent\n$WHO\nand you\n"
    script = "stat -c '%u:%g' /tool .; cat /mounted /src/file /tmp/id; echo; pwd; echo $LATE"
    assert project.run("sh", "-c", script) == (
        "3:4\n12:13\ntool\nof the childuid=12 gid=13 groups=13\n\n/src/sub\nparent-you\n"
    )
    history = [entry["created_by"] for entry in project.inspect()["History"]]
    assert "ENV NAME=parent" in history
    first = history.index("ARG WHO=you")
    assert history[first + 1 : first + 3] == [
        "COPY --chown=3:4 /tool /tool # buildkit",
        "COPY <<E <<F /greetings/ # buildkit",
    ]
    assert not any("ONBUILD" in line for line in history)

    env, calls = engine_calls()
    again = project.build(None, "--build-arg", "WHO=you", env=env)
    assert calls() == []
    assert again.stderr.count("CACHED") == 10


def test_the_image_keeps_its_triggers_and_runs_none(project: Project) -> None:
    project.build(
        'FROM diamol/base\nONBUILD COPY <<E /x\n$A "b"\nE\nONBUILD RUN exit 9\nRUN true\n'
    )
    shown = "".join(lines("buildah", "inspect", "--type", "image", project.whole))
    config = json.loads(shown)["Docker"]["config"]
    assert config["OnBuild"] == ['COPY <<E /x\n$A "b"\nE', "RUN exit 9"]


def test_stages(project: Project, unique: Callable[..., str]) -> None:
    """BuildKit's own cases: triggers of stages, with other stages, and once only."""
    parent = replace(project, tag=unique("parent"))
    parent.build("FROM diamol/base\nONBUILD RUN echo once >> /ran\n")
    project.build(
        f"FROM {parent.tag} AS src\nRUN cat /ran > /in\n"
        "FROM src AS base\nONBUILD COPY --from=src /in /out/foo\nONBUILD RUN echo 11 >> /out/foo\n"
        "FROM base AS mid\nRUN cp /out/foo /out/bar\nFROM mid AS last\n"
        "RUN cat /ran /out/bar > /all\n"
    )
    assert project.run("cat", "/all") == "once\nonce\n11\n"


def test_an_image_that_buildah_built(project: Project, unique: Callable[..., str]) -> None:
    name = unique("buildah")
    text = 'FROM diamol/base\nENV A=1\nONBUILD RUN echo "from $A" > /made\nONBUILD COPY f* /d/\n'
    command = ["buildah", "bud", "--quiet", "--format", "docker", "--tag", name, "-f", "-"]
    subprocess.run(
        [*command, str(project.folder)], input=text.encode(), check=True, capture_output=True
    )
    project.write("file", "x")
    project.build(f"FROM {name}\nRUN cat /made /d/file > /all\n")
    assert project.run("cat", "/all") == "from 1\nx"


def test_a_failing_trigger_is_shown_at_the_from(
    project: Project, unique: Callable[..., str]
) -> None:
    parent = replace(project, tag=unique("parent"))
    parent.build("FROM diamol/base\nONBUILD RUN echo told; exit 3\n")
    before = images()
    result = project.build(f"# syntax\nFROM {parent.tag}\nRUN true\n", check=False)
    assert result.status == 1
    assert (
        'ERROR: failed to solve: process "/bin/sh -c echo told; exit 3" did not complete '
        "successfully: exit code: 3\nDockerfile:2\n"
    ) in result.stderr
    assert f"   2 | >>> FROM {parent.tag}\n" in result.stderr
    assert "\ntrigger of the base: ONBUILD RUN echo told; exit 3\n" in result.stderr
    assert images() == before

"""Example A on real engines: three stages, of which the last holds what the others wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import Rootbuild

DOCKERFILE = """\
FROM diamol/base AS build-stage
RUN echo 'Building...' > /build.txt

FROM diamol/base AS test-stage
COPY --from=build-stage /build.txt /build.txt
RUN echo 'Testing...' >> /build.txt

FROM diamol/base
COPY --from=test-stage /build.txt /build.txt
CMD cat /build.txt
"""

pytestmark = pytest.mark.engine


def test_it_prints_what_the_stages_wrote(
    top: Path, rootbuild: Rootbuild, unique: Callable[..., str]
) -> None:
    assert (top / "examples/a/Dockerfile").read_text() == DOCKERFILE
    tag = unique("a")
    built = rootbuild("image", "build", "-t", tag, ".", cwd=top / "examples/a")
    assert built.stdout == ""
    for stage in ("build-stage 2/2", "test-stage 2/3", "test-stage 3/3", "stage-2 2/2"):
        assert f"[{stage}]" in built.stderr
    ran = rootbuild("container", "run", "--rm", tag)
    assert ran.stdout == "Building...\nTesting...\n"


def test_the_second_time_nothing_runs(
    top: Path, rootbuild: Rootbuild, unique: Callable[..., str]
) -> None:
    first, second = unique("a"), unique("a")
    folder = str(top / "examples/a")
    identity = rootbuild("build", "-q", "-t", first, folder).stdout
    again = rootbuild("build", "-t", second, folder).stderr
    assert again.count("CACHED") == 7  # three FROM, two RUN, two COPY
    inspected = json.loads(rootbuild("image", "inspect", second).stdout)
    assert inspected[0]["Id"].removeprefix("sha256:") == identity.strip().removeprefix("sha256:")


def test_a_target_leaves_out_what_follows(
    top: Path, rootbuild: Rootbuild, unique: Callable[..., str]
) -> None:
    tag = unique("a")
    built = rootbuild("build", "-t", tag, "--target", "BUILD-stage", str(top / "examples/a"))
    assert "test-stage" not in built.stderr
    ran = rootbuild("run", "--rm", tag, "cat", "/build.txt")
    assert ran.stdout == "Building...\n"


def test_no_context_is_an_error_that_says_so(top: Path, rootbuild: Rootbuild) -> None:
    result = rootbuild("image", "build", "-t", "a", cwd=top / "examples/a", check=False)
    assert result.status == 1
    assert "requires exactly 1 argument" in result.stderr
    assert "context is missing" in result.stderr
    assert "`.` for the current" in result.stderr

"""--explain on a real engine."""

from __future__ import annotations

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine

TEXT = """\
FROM diamol/base AS made
ARG MODE=fast
COPY src /src
RUN cat /src/* > /out
FROM diamol/base
COPY --from=made /out /out
"""


def test_why_steps_run(project: Project) -> None:
    project.write("src/a", "1")
    project.write("src/b", "1")
    first = project.build(TEXT, "--explain").stderr
    assert first.count(" why: no earlier build of this stage is remembered\n") == 3
    project.write("src/a", "2")
    second = project.build(TEXT, "--explain", "--build-arg", "MODE=slow").stderr
    reasons = [line.partition(" why: ")[2] for line in second.splitlines() if " why: " in line]
    assert reasons == [
        "src/a (the context) has changed",
        'variable MODE was "fast" and is "slow"',
        "a step before it has changed: [made 2/3] COPY src /src",
        "out (the stage made) has changed",
    ]
    assert "why" not in project.build(TEXT, "--explain", "--build-arg", "MODE=slow").stderr

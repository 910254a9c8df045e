"""Checkpoints on a real engine."""

from __future__ import annotations

import re

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine

PARALLEL = """\
FROM diamol/base AS patient
RUN sleep 2; echo patient >/patient
FROM diamol/base AS large
RUN sleep 0.3; head -c 200000000 /dev/zero >/large; echo {} >/small
FROM diamol/base
COPY --from=patient /patient /
COPY --from=large /small /
"""


def test_what_other_stages_write_does_not_count(project: Project) -> None:
    """A stage whose work is dear is kept, however much others write at the same time."""
    project.build(PARALLEL.format(1))
    again = project.build(PARALLEL.format(2)).stderr
    assert re.search(r"^#(\d+) \[patient 2/2\] .*\n#\1 CACHED$", again, re.MULTILINE)
    assert project.run("cat", "/patient", "/small") == "patient\n2\n"

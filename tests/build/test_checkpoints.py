"""Checkpoints on a real engine."""

from __future__ import annotations

import re
import subprocess

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
    shown = re.search(r"^#(\d+) \[patient 2/2\]", again, re.MULTILINE)
    assert shown is None or f"#{shown[1]} CACHED\n" in again  # else nothing has asked for it
    assert "[large 2/2]" in again
    assert project.run("cat", "/patient", "/small") == "patient\n2\n"


CHANGES = """\
FROM diamol/base
RUN mkdir -p /d/deep /o/in; echo 1 >/d/gone; echo 1 >/d/deep/file; echo 1 >/o/in/old; echo 1 >/mode
RUN echo 1 >/name; ln /name /other; ln /name /third
RUN echo 2 >>/name; rm /third
RUN rm /d/gone; rm -r /o; mkdir /o; echo new >/o/new
RUN chmod 0700 /mode /d/deep; ln -s /mode /link; ln /d/deep/file /d/again
RUN chmod 0600 /d/again; mv /d/deep /d/moved
COPY Dockerfile /other
"""
TREE = """
cd "$1"
find . -xdev -type d | sort | while read -r one; do stat -c '%N %f %u:%g' "$one"; done
find . -xdev ! -type d | sort | while read -r one; do stat -c '%N %f %u:%g %h' "$one"; done
cat name other d/again d/moved/file o/new
"""


def test_both_policies_make_the_same_files(project: Project) -> None:
    """Also of hard links: a lower layer's file is changed by one of its names alone."""
    found = []
    for policy in ("all", "auto"):
        project.build(CHANGES, f"--layers={policy}", "--no-cache")
        script = f'c=$(buildah from {project.whole}); m=$(buildah mount $c); sh -c "$0" sh $m; '
        script += "buildah rm $c >/dev/null"
        done = subprocess.run(
            ["buildah", "unshare", "sh", "-c", script, TREE],
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(done.stdout)
    assert found[1] == found[0]
    assert "1\n2\n" in found[0]
    layers = project.inspect()["RootFS"]["Layers"]
    assert 1 < len(layers) < 1 + 7, "auto is to share layers where that changes nothing"

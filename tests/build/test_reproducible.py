"""SOURCE_DATE_EPOCH on a real engine: equal content, equal images."""

from __future__ import annotations

import os

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine

TEXT = """\
FROM diamol/base AS src
WORKDIR /out
COPY dir /out

FROM diamol/base
ARG SOURCE_DATE_EPOCH
ENV WHEN=$SOURCE_DATE_EPOCH
WORKDIR /srv/app
COPY dir/one /etc/
COPY dir .
COPY <<inline /usr/local/share/inline
$SOURCE_DATE_EPOCH
inline
COPY --link dir/two /opt/linked/
COPY --from=src /out/two /var/two
ADD dir/one dir/two /added/
"""


def write(project: Project, when: int) -> None:
    for name in ("dir/one", "dir/two", "dir/sub/three"):
        os.utime(project.write(name, name), (when, when))


def test_an_equal_build_gives_an_equal_image(project: Project) -> None:
    write(project, 1_000_000_000)
    environment = {"SOURCE_DATE_EPOCH": "1234567890"}
    project.build(TEXT, "--layers=all", env=environment)
    first = project.inspect()
    write(project, 1_100_000_000)
    project.build(TEXT, "--layers=all", "--no-cache", env=environment)
    again = project.inspect()
    assert first["RootFS"] == again["RootFS"]
    assert first["Id"] == again["Id"]
    assert first["Created"] == "2009-02-13T23:31:30Z"
    assert {line["created"] for line in first["History"]} >= {"2009-02-13T23:31:30Z"}
    dates = project.run("stat", "-c", "%Y", "/srv", "/srv/app/sub/three", "/opt", "/added/one")
    assert set(dates.split()) == {"1234567890"}
    assert project.run("cat", "/usr/local/share/inline") == "1234567890\n"


def test_what_is_no_date(project: Project) -> None:
    result = project.build(TEXT, "--build-arg", "SOURCE_DATE_EPOCH=noon", check=False)
    assert result.status == 1
    assert "ERROR: failed to solve: invalid SOURCE_DATE_EPOCH: noon\n" in result.stderr

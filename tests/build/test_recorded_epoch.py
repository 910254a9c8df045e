"""SOURCE_DATE_EPOCH in the config of an image, and what it means to the cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.errors import DockerfileError
from tests.build.recorded import MINE, Site

DAY = {"SOURCE_DATE_EPOCH": "86400"}
TEXT = f"FROM dated\nENV A=1\nCOPY {MINE} file /file\nRUN write b 1\n"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "site")
    line = {"created": "2001-02-03T04:05:06Z", "created_by": "the base's"}
    site.backend.add_image("docker.io/library/dated:latest", {"history": [line]}, {"/etc/b": b"b"})
    site.write("file", "x")
    return site


def test_dates_of_the_config(site: Site) -> None:
    config = site.config(site.build(TEXT, build_args=DAY))
    assert config["created"] == "1970-01-02T00:00:00Z"
    assert [line["created"] for line in config["history"]] == [
        "2001-02-03T04:05:06Z",
        *["1970-01-02T00:00:00Z"] * 3,
    ]


def test_it_is_known_and_another_date_is_another_image(site: Site) -> None:
    image = site.build(TEXT, build_args=DAY)
    assert site.start(inside=False, build_args=DAY) == image
    assert site.start(inside=False) is None
    other = {"SOURCE_DATE_EPOCH": "86401"}
    assert site.start(inside=False, build_args=other) is None
    assert site.build(build_args=other) != image


def test_a_step_that_makes_no_dated_files_is_the_same(site: Site) -> None:
    text = "FROM dated\nRUN write b 1\n"
    site.build(text, build_args=DAY)
    site.build(text, build_args={"SOURCE_DATE_EPOCH": "0"})
    assert site.backend.verbs() == ["session", "create_image"]


def test_copied_files_bear_the_date(site: Site) -> None:
    text = f"FROM dated\nARG SOURCE_DATE_EPOCH\nCOPY {MINE} file /file\n"
    image = site.build(text, build_args=DAY)
    with site.backend.start(image, "look") as name, site.backend.mount(name) as rootfs:
        assert (rootfs / "file").stat().st_mtime == 86400
    assert site.config(image)["history"][1]["created_by"] == "ARG SOURCE_DATE_EPOCH=86400"


def test_what_is_no_date_stops_before_anything(site: Site) -> None:
    with pytest.raises(DockerfileError, match=r"^invalid SOURCE_DATE_EPOCH: soon$"):
        site.build("FROM nowhere\n", build_args={"SOURCE_DATE_EPOCH": "soon"})
    assert site.backend.calls == []

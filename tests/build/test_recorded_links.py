"""COPY --link: what is below may change, and the copy is not made again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.build.linking import LARGE_BYTES
from tests.build.recorded import MINE, Machine, Site

LINK = f"COPY --link {MINE} file /new/file\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    site = Site(tmp_path / "site", machine)
    site.write("file", "one")
    return site


def text(lower: str, link: str = LINK) -> str:
    return f"FROM base\nRUN write a {lower}\n{link}RUN write b 1\n"


def test_it_is_put_on_top_of_what_is_new(site: Site) -> None:
    site.build(text("1"), layers="all")
    assert site.committed() == 3
    image = site.build(text("2"), layers="all", tags=("x",))
    assert site.committed() == 2
    assert site.scripts() == ["write a 2", "write b 1"]
    assert [site.read(image, name) for name in ("a", "new/file", "b")] == ["2", "one", "1"]
    assert len(site.layers(image)) == 4
    assert site.start(inside=False, layers="all", tags=("x",)) == image
    assert site.backend.calls == []


def test_nothing_of_the_base_is_needed(site: Site) -> None:
    """A new base below linked copies, also of a stage: no container is started on it."""
    end = f"{LINK}COPY --link {MINE} --from=made /a /new/a\n"
    stages = f"FROM base AS made\nRUN write a 1\nFROM base\n{end}"
    site.build(stages, layers="all")
    new = site.backend.add_image("docker.io/library/new:latest", {}, {"/etc/new": b"new"})
    image = site.build(stages.replace("FROM base\nCOPY", "FROM new\nCOPY"), layers="all")
    assert new not in site.started()
    assert site.committed() == 0
    assert [site.read(image, name) for name in ("etc/new", "new/file", "new/a")] == [
        *("new", "one", "1"),
    ]


def test_other_content_is_copied(site: Site) -> None:
    site.build(text("1"), layers="all")
    site.write("file", "two")
    image = site.build(text("2"), layers="all")
    assert site.committed() == 3
    assert site.read(image, "new/file") == "two"


@pytest.mark.parametrize("lost", ["image", "cache"])
def test_what_is_not_there_or_not_to_be_used_is_copied(site: Site, lost: str) -> None:
    site.build(text("1"), layers="all")
    if lost == "image":
        site.backend.remove([image.id for image in site.backend.images() if not image.names])
    image = site.build(text("2"), layers="all", no_cache=lost == "cache")
    assert site.committed() == 3
    assert site.read(image, "new/file") == "one"


@pytest.mark.parametrize(
    "link",
    [
        f"COPY {MINE} file /new/file\n",
        f"COPY --link --chmod=700 {MINE} file /new/file\n",
        f"COPY --link {MINE} file /etc/base\n",
    ],
)
def test_what_depends_on_what_is_below(site: Site, link: str) -> None:
    """A plain copy, and one that replaces something of the image."""
    site.build(text("1", link), layers="all")
    site.build(text("2", link), layers="all")
    assert site.committed() == 3


def test_names_of_owners_are_looked_up_below(site: Site) -> None:
    account = f"me:x:{os.getuid()}:{os.getgid()}::/:/bin/sh".encode()
    site.backend.add_image("docker.io/library/base:latest", {}, {"/etc/passwd": account})
    site.build(text("1", "COPY --link --chown=me file /new/file\n"), layers="all")
    site.build(text("2", "COPY --link --chown=me file /new/file\n"), layers="all")
    assert site.committed() == 3


def test_small_ones_share_a_layer_when_that_is_cheaper(site: Site) -> None:
    site.build(text("1"))
    assert site.committed() == 1


def test_large_ones_have_their_own(site: Site) -> None:
    os.truncate(site.context / "file", LARGE_BYTES)
    image = site.build(text("1"))
    assert site.committed() == 3
    assert len(site.layers(image)) == 4
    site.build(text("2"))
    assert site.committed() == 2


def test_none_in_a_stage_that_is_only_copied_from(site: Site) -> None:
    os.truncate(site.context / "file", LARGE_BYTES)
    site.build(f"FROM base AS one\n{LINK}FROM base\nCOPY --from=one /new/file /file\n")
    assert site.committed() == 1

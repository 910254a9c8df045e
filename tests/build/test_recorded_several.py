"""Builds for several platforms at once: one plan, an image for each, an index of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from rootbuild.errors import HostError
from rootbuild.host import emulation
from rootbuild.image.platform import Platform, build_platform
from rootbuild.progress.reporter import Reporter
from tests.build.recorded import Listener, Site

NAME = "docker.io/library/app:latest"
HERE = build_platform()
FOREIGN = Platform("linux", "s390x" if HERE.architecture != "s390x" else "amd64")
BOTH = (HERE, FOREIGN)
RUNS = ["write fetched yes", "write made $TARGETARCH", "write made $TARGETARCH"]
CROSS = """\
FROM --platform=$BUILDPLATFORM base AS fetch
RUN write fetched yes
FROM --platform=$BUILDPLATFORM base AS build
ARG TARGETARCH
COPY --from=fetch /etc/base /src
RUN write made $TARGETARCH
FROM scratch
COPY --from=build /src /made /
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


def platforms_of(site: Site, index: str) -> list[str]:
    (found,) = (image for image in site.backend.images() if image.id == index)
    return [site.config(image)["architecture"] for image in found.instances]


def test_an_index_has_an_image_for_each_platform(site: Site) -> None:
    index = site.build("FROM scratch\nCOPY <<a /\na\n", platforms=BOTH, tags=("app",))
    assert site.id_of(NAME) == index
    assert platforms_of(site, index) == [HERE.architecture, FOREIGN.architecture]


def test_what_runs_on_this_host_runs_once(site: Site) -> None:
    site.build(CROSS, platforms=BOTH, tags=("app",))
    assert sorted(site.scripts()) == RUNS


def test_nothing_is_done_twice(site: Site) -> None:
    index = site.build(CROSS, platforms=BOTH, tags=("app",))
    assert site.start(inside=False, platforms=BOTH, tags=("app",)) == index
    assert site.backend.calls == []
    assert site.start(inside=False, platforms=BOTH, tags=("other",)) == index
    assert site.tagged() == ["docker.io/library/other:latest"]


def test_an_image_of_the_index_that_is_gone_is_made_again(site: Site) -> None:
    index = site.build(CROSS, platforms=BOTH, tags=("app",))
    (found,) = (image for image in site.backend.images() if image.id == index)
    site.backend.remove([found.instances[1]])
    assert site.start(inside=False, platforms=BOTH, tags=("app",)) is None
    again = site.build(platforms=BOTH, tags=("app",))
    assert platforms_of(site, again) == [HERE.architecture, FOREIGN.architecture]


def test_one_platform_of_several_is_known_afterwards(site: Site) -> None:
    site.build(CROSS, platforms=BOTH, tags=("app",))
    image = site.start(inside=False, platforms=(FOREIGN,))
    assert image is not None
    assert site.config(image)["architecture"] == FOREIGN.architecture
    assert site.scripts() == []


def test_without_a_name_there_is_no_index(site: Site) -> None:
    image = site.build("FROM scratch\nCOPY <<a /\na\n", platforms=BOTH)
    assert site.config(image)["architecture"] == HERE.architecture
    assert site.count("create_index") == 0


def test_an_index_serves_as_base(site: Site) -> None:
    site.build("FROM scratch\nCOPY <<a /\na\n", platforms=BOTH, tags=("app",))
    for platform in BOTH:
        image = site.build("FROM app\nLABEL x=y\n", platforms=(platform,))
        assert site.config(image)["architecture"] == platform.architecture
        assert site.count("pull") == 0


def test_a_platform_that_cannot_be_run_fails_first(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulation, "runs", lambda architecture, folder: False)
    config = {
        "architecture": FOREIGN.architecture,
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    site.backend.remote[f"docker.io/library/tool:latest {FOREIGN}"] = json.dumps(config).encode()
    site.backend.remote["docker.io/library/tool:latest"] = json.dumps(
        {**config, "architecture": HERE.architecture}
    ).encode()
    with pytest.raises(HostError, match="cannot run programs") as caught:
        site.build("FROM tool\nRUN write a b\n", platforms=BOTH, tags=("app",))
    assert caught.value.id == "no-emulator"
    assert site.scripts() == []
    assert site.id_of(NAME) is None


def test_progress_names_the_platforms(site: Site) -> None:
    told = Listener()
    site.build(CROSS, platforms=BOTH, tags=("app",), reporter=cast(Reporter, told))
    shown = {str(one) for call in told.told for one in call if str(one).startswith("[linux")}
    arrow = f"{HERE}->{FOREIGN.architecture}"
    assert shown == {
        f"[{HERE} fetch 1/2] FROM docker.io/library/base:latest",
        f"[{HERE} fetch 2/2] RUN write fetched yes",
        f"[{HERE} build 1/3] FROM docker.io/library/base:latest",
        f"[{HERE} build 2/3] COPY --from=fetch /etc/base /src",
        f"[{HERE} build 3/3] RUN write made {HERE.architecture}",
        f"[{arrow} build 1/3] FROM docker.io/library/base:latest",
        f"[{arrow} build 2/3] COPY --from=fetch /etc/base /src",
        f"[{arrow} build 3/3] RUN write made {FOREIGN.architecture}",
        f"[{HERE} stage-2 1/1] COPY --from=build /src /made /",
        f"[{FOREIGN} stage-2 1/1] COPY --from=build /src /made /",
    }


def test_no_cache_makes_all_anew(site: Site) -> None:
    site.build(CROSS, platforms=BOTH, tags=("app",))
    site.build(CROSS, platforms=BOTH, tags=("app",), no_cache=True)
    assert sorted(site.scripts()) == RUNS

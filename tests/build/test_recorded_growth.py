"""Dockerfiles that are larger than usual: nothing that is well-formed fails for its size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.recorded import MINE, Machine, Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


def test_a_chain_of_many_stages_by_what_they_take(site: Site) -> None:
    lines = ["FROM base AS s0", "RUN write n 0"]
    for number in range(1, 200):
        lines += [f"FROM scratch AS s{number}", f"COPY {MINE} --from=s{number - 1} /n /n"]
    image = site.build("\n".join(lines))
    assert site.read(image, "n") == "0"
    assert site.start(inside=False) == image
    lines[1] = "RUN write n 1"
    assert site.read(site.build("\n".join(lines)), "n") == "1"


def test_a_chain_of_many_stages_by_their_bases(site: Site) -> None:
    lines = ["FROM base AS s0"]
    for number in range(1, 300):
        lines += [f"FROM s{number - 1} AS s{number}", f"ENV N={number}"]
    lines.append("RUN write n 1")
    image = site.build("\n".join(lines))
    assert "N=299" in site.config(image)["config"]["Env"]
    assert site.start(inside=False) == image


def test_many_ways_to_one_stage(site: Site) -> None:
    """Each stage takes from the two before it: what is unknown is asked for once for each."""
    lines = ["FROM base AS s0", "RUN write n 0", "FROM base AS s1", "RUN write n 1"]
    for number in range(2, 40):
        mounts = [f"--mount=from=s{number - back},target=/m{back}" for back in (1, 2)]
        lines += [f"FROM base AS s{number}", f"RUN {' '.join(mounts)} write n {number}"]
    image = site.build("\n".join(lines))
    assert site.read(image, "n") == "39"
    assert site.start(inside=False) == image

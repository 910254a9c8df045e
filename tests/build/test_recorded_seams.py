"""Where stages in parallel, the cache and explanations meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.recorded import Machine, Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    machine = Machine()
    machine.fake(monkeypatch)
    return Site(tmp_path / "site", machine)


STAGES = (
    "FROM base AS source\nRUN stamp f; write g 1\n"
    "FROM base AS below\nCOPY --from=source /f /f\n"
    "FROM below\nRUN write one 1\n"
)


@pytest.mark.parametrize("explain", [False, True])
def test_what_a_stage_stands_on_is_in_doubt_when_it_goes_on(site: Site, explain: bool) -> None:
    """Its base was made of a stage that has to run again, for something else."""
    first = site.build(STAGES)
    image = site.build(f"{STAGES}COPY --from=source /g /g\nRUN write two 2\n", explain=explain)
    assert site.scripts() == ["stamp f; write g 1", "write two 2"]
    assert site.read(image, "g") == "1"
    assert site.read(image, "f") == site.read(first, "f")
    assert site.clean()

"""Tables and the picture of the benchmarks; each scenario's context can be made."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from rootbuild.api import validate
from scripts.bench.measure import Times
from scripts.bench.report import Growth, Row, growth_table, plot, table
from scripts.bench.scenarios import SCENARIOS, Scenario, many_files

ROWS = [
    Row(
        "two & more",
        "cold",
        {"rootbuild": Times((0.2, 0.1, 0.3), 30_000_000), "buildah": Times((0.9, 0.8, 1.0))},
        Times((0.1,)),
    ),
    Row("small", "nothing to do", {"rootbuild": Times((0.1,)), "podman": Times((0.4,))}),
]


def test_a_ratio_is_ours_divided_by_theirs() -> None:
    head, _, first, second = table(ROWS).splitlines()
    assert head == (
        "| scenario | rootbuild | buildah | podman | of buildah | of podman | floor | of the floor "
        "| rootbuild's memory |"
    )
    assert first == (
        "| two & more, cold | 0.20 (0.10-0.30) | 0.90 (0.80-1.00) |  | **0.22** |  "
        "| 0.10 (0.10-0.10) | **2.00** | 30 MB |"
    )
    assert second == (
        "| small, nothing to do | 0.10 (0.10-0.10) |  | 0.40 (0.40-0.40) |  | **0.25** |  |  |  |"
    )


def test_the_picture_has_a_bar_for_each_tool_of_each_row() -> None:
    root = ElementTree.fromstring(plot(ROWS))
    bars = [
        bar for bar in root.iter("{http://www.w3.org/2000/svg}rect") if "class" not in bar.attrib
    ]
    legend = 4
    assert len(bars) == legend + 4
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "two & more, cold" in texts
    assert "0.90 s" in texts


def test_growth_is_told_by_size() -> None:
    assert growth_table([Growth("steps", ((500, 1.5, 31_000_000),))]).splitlines()[-1] == (
        "| steps | 500 | 1.50 | 31 MB |"
    )


@pytest.mark.parametrize(
    "scenario", [one for one in SCENARIOS if not one.long], ids=lambda one: one.name
)
def test_contexts_hold_a_dockerfile_that_is_right(scenario: Scenario, tmp_path: Path) -> None:
    scenario.fill(tmp_path)
    validate((tmp_path / "Dockerfile").read_bytes(), "Dockerfile")


def test_files_come_in_folders_of_a_hundred(tmp_path: Path) -> None:
    many_files(tmp_path, count=250, size=10)
    files = [path for path in (tmp_path / "tree").rglob("*") if path.is_file()]
    assert len(files) == 250
    assert len(list((tmp_path / "tree").iterdir())) == 3

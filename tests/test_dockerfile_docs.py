"""docs/dockerfile.md: every row is there, and the tests that it names are."""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).parent.parent
ROW = re.compile(r"^\| ([0-9.]*) *\| (.+) \| (.*) \| (.*?) ?\|$", re.MULTILINE)
STATES = ("works", "refused", "told", "accepted", "no effect yet")
LAST = {1: 12, 2: 4, 3: 7, 4: 12, 5: 21, 6: 9, 7: 14, 8: 4, 9: 9}


def rows() -> list[tuple[str, str, str, str]]:
    found: list[tuple[str, str, str, str]] = ROW.findall((TOP / "docs/dockerfile.md").read_text())
    return found


def test_every_row_is_there_with_its_state() -> None:
    assert [number for number, _, _, _ in rows() if number] == [
        f"{section}.{row}" for section, last in LAST.items() for row in range(1, last + 1)
    ]
    for _, feature, state, _ in rows():
        assert state.startswith(STATES), feature


def test_tests_that_are_named_run_on_an_engine() -> None:
    for _, feature, _, modules in rows():
        for module in filter(None, modules.split(", ")):
            text = (TOP / f"tests/build/test_{module}.py").read_text()
            assert "pytestmark = pytest.mark.engine" in text, feature

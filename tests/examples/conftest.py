"""The examples, built once and then from the cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import Rootbuild

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def top() -> Path:
    """The checkout."""
    return TOP


@pytest.fixture(scope="session")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Rootbuild:
    """The program with one cache for all tests of the examples: Maven's work is done once."""
    return Rootbuild(tmp_path_factory.mktemp("examples"))

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.webserver import Web, web


@pytest.fixture(name="web")
def _web() -> Iterator[Web]:
    with web() as server:
        yield server

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.host.folders import cache_folder, state_folder


def test_folders_are_where_the_environment_says() -> None:
    environment = {"XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"}
    assert cache_folder(environment) == Path("/c/rootbuild")
    assert state_folder(environment) == Path("/s/rootbuild")


@pytest.mark.parametrize("given", ["", "relative"])
def test_else_they_are_in_the_home(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "HOME", "/h")
    environment = {"XDG_CACHE_HOME": given, "XDG_STATE_HOME": given}
    assert cache_folder(environment) == Path("/h/.cache/rootbuild")
    assert state_folder(environment) == Path("/h/.local/state/rootbuild")

"""Folders are those of platformdirs, whatever the environment says."""

from __future__ import annotations

import platformdirs
import pytest

from rootbuild.host.folders import cache_folder, state_folder


@pytest.mark.parametrize(
    "cache", [None, "", " ", "/c", "/c/", "/c d", "/c ", "~/c", "relative", "$HOME/x"]
)
@pytest.mark.parametrize("home", ["/h", "/h/", None])
def test_they_are_where_platformdirs_says(
    cache: str | None, home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("XDG_CACHE_HOME", cache), ("HOME", home), ("XDG_STATE_HOME", cache)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert cache_folder() == platformdirs.user_cache_path("rootbuild")
    assert state_folder() == platformdirs.user_state_path("rootbuild")

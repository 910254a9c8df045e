from __future__ import annotations

import pytest

from rootbuild.remote.submodules import relative


@pytest.mark.parametrize(
    ("url", "remote", "expected"),
    [
        ("../b.git", "https://h/x/a.git", "https://h/x/b.git"),
        ("../../y/b", "https://h/x/a.git/", "https://h/y/b"),
        ("./b", "https://h/a.git", "https://h/a.git/b"),
        ("../b", "git@h:x/a", "git@h:x/b"),
        ("../b", "git@h:a", "git@h:b"),
        ("../b", "git@h:/a", "git@h:/b"),
        ("../../b", "https://h/a", None),
        ("../../../evil/b", "https://h/a", None),
        ("../../b", "git@h:a", None),
    ],
)
def test_relative_urls_stay_on_their_host(url: str, remote: str, expected: str | None) -> None:
    assert relative(url, remote) == expected

from __future__ import annotations

import base64
from collections.abc import Mapping

import pytest

from rootbuild.errors import RemoteError
from rootbuild.remote.access import FindSecret
from rootbuild.remote.secrets import (
    git_authorization,
    http_authorization,
    scope,
    without_password,
)


def secrets(values: Mapping[str, str]) -> FindSecret:
    return lambda name: values[name].encode() if name in values else None


def basic(text: str) -> str:
    return f"basic {base64.b64encode(text.encode()).decode()}"


def test_http_secrets_are_by_host() -> None:
    find = secrets({"HTTP_AUTH_TOKEN_h": "t\n", "HTTP_AUTH_HEADER_other": "Custom x"})
    assert http_authorization("https://h:8443/f", find) == "Bearer t"
    assert http_authorization("http://other/f", find) == "Custom x"
    assert http_authorization("http://third/f", find) is None


def test_credentials_in_a_url() -> None:
    assert http_authorization("http://u:p%40@h/f", secrets({})) == basic("u:p@")
    assert git_authorization("https://u:p@h/f.git", secrets({})) == basic("u:p")
    assert without_password("https://u:p@h/f.git") == "https://h/f.git"
    assert without_password("https://u@h/f.git") == "https://u@h/f.git"
    assert without_password("git@h:f.git") == "git@h:f.git"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GIT_AUTH_TOKEN", basic("x-access-token:v")),
        ("GIT_AUTH_TOKEN.h", basic("x-access-token:v")),
        ("GIT_AUTH_TOKEN_h", basic("x-access-token:v")),
        ("GIT_AUTH_HEADER", "v"),
        ("GIT_AUTH_HEADER.h", "v"),
        ("GIT_AUTH_TOKEN.other", None),
    ],
)
def test_git_secrets(name: str, expected: str | None) -> None:
    assert git_authorization("https://h/f.git", secrets({name: "v"})) == expected
    assert git_authorization("ssh://h/f.git", secrets({name: "v"})) is None


def test_submodules_get_only_what_is_for_their_host() -> None:
    find = secrets({"GIT_AUTH_TOKEN": "all", "GIT_AUTH_HEADER.h": "mine"})
    assert git_authorization("https://evil/f.git", find, nested=True) is None
    assert git_authorization("https://h/f.git", find, nested=True) == "mine"


def test_a_value_of_several_lines_is_refused_and_not_shown() -> None:
    with pytest.raises(RemoteError) as caught:
        http_authorization("http://h/f", secrets({"HTTP_AUTH_TOKEN_h": "one\r\nEvil: two"}))
    assert "HTTP_AUTH_TOKEN_h" in caught.value.report.message
    assert "two" not in caught.value.report.message


def test_where_a_token_is_good() -> None:
    assert scope("https://github.com/a/b.git") == "https://github.com/"
    assert scope("https://h/a/b.git") == "https://h/a/b.git"

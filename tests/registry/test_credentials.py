from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rootbuild.registry.credentials import AUTH_FILE, ask_helper, find, handed, split

HELPER = """#!/bin/sh
echo "$1" >> {log}
read -r server
case "$1 $server" in
"get https://index.docker.io/v1/") echo '{{"Username":"me","Secret":"pass:word"}}' ;;
"get token.example") echo '{{"Username":"<token>","Secret":"t0ken"}}' ;;
*) echo "credentials not found" ; exit 1 ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with nothing in it, and a credential helper on PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    helper = programs / "docker-credential-test"
    helper.write_text(HELPER.format(log=tmp_path / "log"))
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("DOCKER_CONFIG", "XDG_CONFIG_HOME", AUTH_FILE):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def write(folder: Path, content: object, name: str = ".docker") -> None:
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "config.json").write_text(json.dumps(content))


def test_helpers(folder: Path) -> None:
    found = find("docker.io", {"credsStore": "test"})
    assert found is not None
    assert split(found) == ("me", "pass:word")
    token = find("token.example", {"credHelpers": {"token.example": "test"}})
    assert token is not None
    assert token["identitytoken"] == "t0ken"
    assert find("unknown.example", {"credsStore": "test"}) is None
    assert ask_helper("missing", "get", "docker.io") is None


@pytest.mark.parametrize("key", ["reg.example:5000", "https://reg.example:5000/v1/"])
def test_entries_of_the_file(key: str) -> None:
    assert find("reg.example:5000", {"auths": {key: {"auth": "YTpi"}}}) == {"auth": "YTpi"}
    assert find("reg.example", {"auths": {key: {"auth": "YTpi"}}}) is None
    assert find("docker.io", {"auths": {"https://index.docker.io/v1/": {"auth": "x"}}}) is not None


def test_what_engines_miss_is_handed_to_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, {"credsStore": "test"})
    with handed("docker.io"):
        file = Path(os.environ[AUTH_FILE])
        assert json.loads(file.read_text())["auths"]["docker.io"]["auth"]
        assert file.stat().st_mode & 0o077 == 0
        assert file.parent.stat().st_mode & 0o077 == 0
    assert AUTH_FILE not in os.environ
    assert not file.parent.exists()
    write(folder, {"auths": {"reg.example": {"auth": "YTpi"}}}, "elsewhere")
    monkeypatch.setenv("DOCKER_CONFIG", str(folder / "elsewhere"))
    with handed("reg.example"):
        assert AUTH_FILE in os.environ
    with handed("other.example"):
        assert AUTH_FILE not in os.environ


def test_what_engines_find_is_left_to_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, {"auths": {"reg.example": {"auth": "YTpi"}}})
    with handed("reg.example"):
        assert AUTH_FILE not in os.environ
    write(folder, {"credsStore": "test"})
    (folder / "containers").mkdir()
    (folder / "containers" / "auth.json").write_text('{"auths": {"docker.io": {"auth": "YTpi"}}}')
    with handed("docker.io"):
        assert AUTH_FILE not in os.environ
    monkeypatch.setenv(AUTH_FILE, "/mine")
    with handed("docker.io"):
        assert os.environ[AUTH_FILE] == "/mine"
    assert not (folder / "log").exists()

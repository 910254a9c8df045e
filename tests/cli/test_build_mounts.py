"""`--secret`, `--ssh` and `--allow`."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest

from rootbuild.build.options import Agent, Secret
from rootbuild.cli.build_mounts import read_agent, read_entitlement, read_secret
from rootbuild.errors import RootbuildError, UnsupportedError, UsageError


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("value")
    (tmp_path / "folder").mkdir()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("id=a,src=file", Secret("a", path=Path("file"))),
        ("id=a,source=file,type=file", Secret("a", path=Path("file"))),
        ("id=a,env=V", Secret("a", env="V")),
        ("id=a,type=env,src=V", Secret("a", env="V")),
        ("type=env,id=SET", Secret("SET", env="SET")),
        ("id=SET", Secret("SET", env="SET")),
        ("id=file", Secret("file", path=Path("file"))),
        ('"id=a,b",src=file', Secret("a,b", path=Path("file"))),
    ],
)
def test_secrets(text: str, secret: Secret) -> None:
    assert read_secret(text, {"SET": "x"}) == secret


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a", "invalid field 'a' must be a key=value pair"),
        ("id=a,value=x", "unexpected key 'value' in 'value=x'"),
        ("src=file", "secret missing ID"),
        ("id=a,type=x", 'unsupported secret type "x"'),
        ("id=a,src=gone", "failed to stat gone: No such file or directory"),
        ("id=a,src=folder", "folder is a folder"),
        ("id=gone", "failed to stat gone"),
    ],
)
def test_bad_secrets(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_secret(text, {})
    assert problem in str(caught.value)
    assert caught.value.exit_code == 1


def test_agents() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = Path(folder, "s")
        listener.bind(str(path))
        assert read_agent("default", {"SSH_AUTH_SOCK": str(path)}) == Agent("default", path)
        assert read_agent(f"x={path}", {}) == Agent("x", path)


@pytest.mark.parametrize(
    ("text", "kind", "problem"),
    [
        ("default", UsageError, "make sure SSH_AUTH_SOCK is set"),
        ("x=gone", UsageError, "No such file"),
        ("x=file", UnsupportedError, "--ssh with keys is not supported yet"),
    ],
)
def test_bad_agents(text: str, kind: type[RootbuildError], problem: str) -> None:
    with pytest.raises(kind, match=problem):
        read_agent(text, {})


def test_entitlements() -> None:
    assert read_entitlement("network.host") == "network.host"
    with pytest.raises(UsageError, match=r"unknown entitlement network\.hots"):
        read_entitlement("network.hots")

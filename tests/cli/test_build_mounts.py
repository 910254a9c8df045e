"""`--secret`, `--ssh` and `--allow`."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rootbuild.build.options import Agent, DeviceGrant, Secret
from rootbuild.cli.build_mounts import read_agents, read_allowed, read_secret
from rootbuild.errors import UsageError
from tests.build.keys import KEY, PROTECTED_KEY


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


@pytest.fixture
def agent() -> Iterator[str]:
    """The path of a socket."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/s")
        yield f"{folder}/s"


def test_agents(agent: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(KEY)
    found = read_agents(("default", f"x={agent}", "y=key,key"), {"SSH_AUTH_SOCK": agent})
    key = tmp_path / "key"
    assert found == (
        Agent("default", Path(agent)),
        Agent("x", Path(agent)),
        Agent("y", keys=(key, key)),
    )


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (["default"], "make sure SSH_AUTH_SOCK is set"),
        (["x=gone"], "gone: No such file"),
        (["x=file"], "failed to parse file: ssh: no key found"),
        (["x=folder"], "failed to read folder: Is a directory"),
        (["x=protected"], "failed to parse protected: ssh: this private key is passphrase"),
        (["x=SOCKET,key"], "only single socket allowed"),
        (["x=key,SOCKET"], "invalid combination of keys and sockets"),
        (["x=key", "x=key"], 'duplicate agent ID "x"'),
    ],
)
def test_bad_agents(agent: str, tmp_path: Path, texts: list[str], problem: str) -> None:
    (tmp_path / "key").write_bytes(KEY)
    (tmp_path / "protected").write_bytes(PROTECTED_KEY)
    with pytest.raises(UsageError) as caught:
        read_agents([text.replace("SOCKET", agent) for text in texts], {})
    assert problem in str(caught.value)
    assert caught.value.exit_code == 1


def test_allowed() -> None:
    found = read_allowed(
        ("network.host", "device=v/c=a", "device=v/c=b,alias=other/name", "security.insecure")
    )
    assert found.entitlements == {"network.host", "security.insecure"}
    assert found.devices == (DeviceGrant("v/c=a"), DeviceGrant("v/c=b", "other/name"))
    assert read_allowed(("device",)).entitlements == {"device"}
    assert read_allowed(("device=",)).entitlements == {"device"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("network.hots", "unknown entitlement network.hots"),
        ("network.host=x", "unknown entitlement network.host=x"),
        ("device=a,b", 'invalid device config "b"'),
        ("device=a,b=c", 'unknown device config key "b"'),
    ],
)
def test_what_cannot_be_allowed(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_allowed((text,))
    assert problem in str(caught.value)

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from rootbuild.errors import HostError
from rootbuild.registry import config
from rootbuild.registry.transport import tls_options


def test_place() -> None:
    assert config.path({"HOME": "/home/u"}) == Path("/home/u/.docker/config.json")
    assert config.path({"HOME": "/home/u", "DOCKER_CONFIG": "/d"}) == Path("/d/config.json")


def test_read_and_write(tmp_path: Path) -> None:
    file = tmp_path / "new" / "config.json"
    assert config.read(file) == {}
    config.write({"auths": {}}, file)
    assert config.read(file) == {"auths": {}}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["config.json"]
    file.write_text("[]")
    with pytest.raises(HostError) as caught:
        config.read(file)
    assert caught.value.id == "docker-config"


def test_proxies() -> None:
    given = {"proxies": {"default": {"httpProxy": "http://p:1", "noProxy": "a,b"}, "tcp://x": {}}}
    assert config.proxies(given) == {
        "HTTP_PROXY": "http://p:1",
        "http_proxy": "http://p:1",
        "NO_PROXY": "a,b",
        "no_proxy": "a,b",
    }
    assert config.proxies({}) == {}
    assert config.proxies({"proxies": {"default": {"httpProxy": ""}}}) == {}


@pytest.mark.parametrize(
    ("registry", "local"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("[::1]:5000", True),
        ("docker.io", False),
        ("localhost.example.org", False),
    ],
)
def test_tls(registry: str, local: bool) -> None:
    assert tls_options(registry) == (("--tls-verify=false",) if local else ())

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.errors import HostError, RegistryError
from rootbuild.registry.authorization import parse
from rootbuild.registry.hosts import Place, Rules, places, read
from rootbuild.registry.transport import is_local

TEXT = """
unqualified-search-registries = ["x.example"]
[[registry]]
location = "plain.example:5000"
insecure = true
[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "mirror.example/hub"
insecure = true
[[registry]]
prefix = "*.inner.example"
location = ""
insecure = true
[[registry]]
prefix = "moved.example/team"
location = "new.example/people"
[[registry]]
prefix = "bad.example"
location = "bad.example"
blocked = true
"""


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    (tmp_path / "registries.conf").write_text(TEXT)
    return read({"CONTAINERS_REGISTRIES_CONF": str(tmp_path / "registries.conf")}, tmp_path)


@pytest.mark.parametrize(
    ("registry", "repository", "expected"),
    [
        ("any.example", "a", [Place("any.example", "a")]),
        ("localhost:5000", "a", [Place("localhost:5000", "a", True)]),
        ("plain.example:5000", "a/b", [Place("plain.example:5000", "a/b", True)]),
        ("plain.example", "a", [Place("plain.example", "a")]),
        (
            "docker.io",
            "library/alpine",
            [
                Place("mirror.example", "hub/library/alpine", True),
                Place("docker.io", "library/alpine"),
            ],
        ),
        ("a.inner.example", "x", [Place("a.inner.example", "x", True)]),
        ("moved.example", "team/app", [Place("new.example", "people/app")]),
        ("moved.example", "teams", [Place("moved.example", "teams")]),
    ],
)
def test_where_a_repository_is(
    rules: Rules, registry: str, repository: str, expected: list[Place]
) -> None:
    assert list(places(registry, repository, rules)) == expected


def test_blocked(rules: Rules) -> None:
    with pytest.raises(RegistryError, match="blocked"):
        places("bad.example", "a", rules)


def test_files_of_the_user_and_the_host(tmp_path: Path) -> None:
    own, system = tmp_path / "config/containers", tmp_path / "etc/containers"
    for folder in (own, system):
        (folder / "registries.conf.d").mkdir(parents=True)
    one = '[[registry]]\nlocation = "{}"\ninsecure = {}\n'
    (system / "registries.conf").write_text(one.format("a.example", "true"))
    (system / "registries.conf.d/1.conf").write_text(one.format("b.example", "true"))
    (own / "registries.conf").write_text(one.format("c.example", "true"))
    (own / "registries.conf.d/1.conf").write_text(one.format("b.example", "false"))
    found = read({"XDG_CONFIG_HOME": str(tmp_path / "config")}, tmp_path)
    assert {rule.prefix: rule.insecure for rule in found} == {
        "b.example": False,
        "c.example": True,
    }
    (own / "registries.conf").write_text("nonsense")
    with pytest.raises(HostError, match=r"registries\.conf"):
        read({"XDG_CONFIG_HOME": str(tmp_path / "config")}, tmp_path)


def test_ways_to_speak() -> None:
    assert Place("a.example", "x").schemes == ("https",)
    assert Place("a.example", "x", True).schemes == ("https", "http")
    assert Place("127.0.0.1:1", "x", True).schemes == ("http", "https")
    assert Place("docker.io", "library/x").server == "registry-1.docker.io"
    assert is_local("[::1]:5000")
    assert is_local("localhost")
    assert not is_local("127.evil.example")
    assert not is_local("localhost.example:5000")


def test_challenges() -> None:
    (bearer, plain) = parse(
        'Bearer realm="https://a.example/t?x=1,2",service=reg, scope="a\\"b",Basic realm="x"'
    )
    assert bearer.scheme == "bearer"
    assert bearer.parameters == {
        "realm": "https://a.example/t?x=1,2",
        "service": "reg",
        "scope": 'a"b',
    }
    assert (plain.scheme, dict(plain.parameters)) == ("basic", {"realm": "x"})
    assert [each.scheme for each in parse("Negotiate, Basic")] == ["negotiate", "basic"]
    assert parse("=") == []

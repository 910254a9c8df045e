"""Compose files as definitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.bake.failure import BakeError
from rootbuild.bake.interpolate import expand
from rootbuild.bake.values import Unfit
from tests.bake.definitions import resolve, shown

COMPOSE = """
services:
  web.app:
    image: web:${TAG:-1}
    environment: { FROM_SERVICE: s }
    build:
      context: ./web
      dockerfile: Dockerfile.web
      target: final
      args: [FROM_SERVICE, FROM_HOST, A=b, GONE]
      labels: [x=y]
      additional_contexts: [base=service:base.image]
      cache_from: [user/cache]
      extra_hosts: ["h:10.0.0.1"]
      ssh: [default]
      shm_size: 64m
      ulimits: { nproc: 5, nofile: { soft: 1, hard: 2 } }
      secrets: [one, { source: two }]
      network: host
      privileged: false
      x-bake:
        tags: web:2
        platforms: [linux/amd64, linux/arm64]
        output: type=docker
        no-cache: true
  base.image:
    build: base
  database:
    image: db
secrets:
  one: { file: ./secret }
  two: { environment: TWO }
"""


def test_services_are_targets() -> None:
    found = resolve({"compose.yaml": COMPOSE}, environment={"FROM_HOST": "h", "TAG": "9"})
    assert sorted(found.targets) == ["base_image", "web_app"]
    assert found.groups["default"].targets == ("base_image", "web_app")
    web = found.targets["web_app"]
    assert web.text("context") == "web"
    assert web.text("dockerfile") == "Dockerfile.web"
    assert web.pairs("args") == {"FROM_SERVICE": "s", "FROM_HOST": "h", "A": "b"}
    assert web.pairs("contexts") == {"base": "target:base_image"}
    assert web.texts("tags") == ["web:9", "web:2"]
    assert web.texts("ulimits") == ["nproc=5:5", "nofile=1:2"]
    assert web.entries("secret") == [{"id": "one", "src": "./secret"}, {"id": "two", "env": "TWO"}]
    assert web.entries("output") == [{"type": "docker"}]
    assert web.pairs("extra-hosts") == {"h": "10.0.0.1"}
    assert web.texts("platforms") == ["linux/amd64", "linux/arm64"]
    assert web.switch("no-cache")
    assert web.texts("entitlements") == ["network.host"]


def test_several_files_and_extends() -> None:
    found = shown(
        {
            "compose.yaml": """
services:
  common: { build: { context: c, args: { A: 1, B: 1 } } }
  app: { extends: { service: common }, build: { args: { B: 2 } } }
""",
            "other.yaml": "services: { app: { build: { tags: [x], args: [C=3] } } }",
        },
        "app",
    )
    assert found["app"]["args"] == {"A": "1", "B": "2", "C": "3"}
    assert found["app"]["tags"] == ["x"]
    assert found["app"]["context"] == "c"


def test_a_file_of_settings_counts_least(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("A=file\nB='x $y'\nC=\"${A}-c\"\n# no\nD=1 # not this\n")
    text = "services: {a: {build: {args: ['A=${A}', 'B=${B}', 'C=${C}', 'D=${D}']}}}"
    found = shown({"compose.yaml": text}, environment={"A": "own"})
    assert found["a"]["args"] == {"A": "own", "B": "x $y", "C": "own-c", "D": "1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: [", "Invalid YAML"),
        ("[1]", "a map with services"),
        (
            "services: {a: {build: {args: ['X=${NEEDED:?say it}']}}}",
            "NEEDED is missing a value: say it",
        ),
        ("services: {a: {build: {secrets: [x]}}}\nsecrets: {x: {external: true}}", "external"),
        ("services: {a: {extends: b}}", 'extends "b"'),
        ("services: {a: {extends: b}, b: {extends: a}}", "circular"),
        ("include: [x]\nservices: {a: {build: .}}", "include is not supported"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(BakeError) as caught:
        resolve({"compose.yaml": text})
    assert message in caught.value.report.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A-${A}", "1-1"),
        ("$$A", "$A"),
        ("${E:-x}${E-x}", "x"),
        ("${N:-${A}}", "1"),
        ("${A:+yes}${N:+no}", "yes"),
        ("${E+set}", "set"),
    ],
)
def test_interpolation(text: str, expected: str) -> None:
    assert expand(text, {"A": "1", "E": ""}) == expected


@pytest.mark.parametrize("text", ["${A", "${}", "$ x", "${N?}"])
def test_interpolation_that_makes_no_sense(text: str) -> None:
    with pytest.raises(Unfit):
        expand(text, {})

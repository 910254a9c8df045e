"""Targets -> builds: their words, their order, and what they need leave for."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.bake import request, rights
from rootbuild.bake.failure import BakeError
from rootbuild.bake.request import Link
from rootbuild.cli.parse import parse
from rootbuild.cli.tables.build import BUILD
from tests.bake.definitions import resolve

TARGET = """
target "a" {
  context = "sub"
  dockerfile = "D"
  args = { A = "1", B = "x y" }
  labels = { l = "v" }
  tags = ["t:1", "t:2"]
  target = "stage"
  platforms = ["linux/amd64", "linux/arm64"]
  secret = ["id=s,src=f"]
  ssh = ["k=one,two"]
  output = ["type=oci,dest=a,b"]
  cache-from = ["type=local,src=c"]
  extra-hosts = { h = "10.0.0.1" }
  shm-size = "64m"
  ulimits = ["nofile=1:2"]
  no-cache = true
  pull = false
  annotations = ["manifest:a=b"]
}
"""


def test_options_are_those_of_a_build() -> None:
    target = resolve(TARGET.replace(",b", ""), "a").targets["a"]
    parsed = parse(BUILD, [*request.options(target), "."])
    assert parsed.text("file") == "sub/D"
    assert parsed.all("tag") == ("t:1", "t:2")
    assert parsed.all("build-arg") == ("A=1", "B=x y")
    assert parsed.text("platform") == "linux/amd64,linux/arm64"
    assert parsed.text("secret") == "id=s,src=f"
    assert parsed.text("ssh") == "k=one,two"
    assert parsed.text("output") == "type=oci,dest=a"
    assert parsed.text("add-host") == "h=10.0.0.1"
    assert parsed.switch("no-cache")
    assert not parsed.has("pull")


def test_those_that_are_needed_come_first() -> None:
    text = """
    target "a" { contexts = { x = "target:c", y = "docker-image://z", w = "cwd://dir" } }
    target "b" {}
    target "c" { platforms = ["linux/amd64", "linux/arm64"] }
    """
    found = resolve(text, "a", "b")
    assert [target.name for target in request.ordered(found)] == ["c", "a", "b"]
    images = {Link("c", "linux/amd64"): "sha256:1", Link("c", "linux/arm64"): "sha256:2"}
    assert list(request.context_options(found.targets["a"], found, images)) == [
        "--build-context=x::linux/amd64=docker-image://sha256:1",
        "--build-context=x::linux/arm64=docker-image://sha256:2",
        "--build-context=y=docker-image://z",
        "--build-context=w=dir",
    ]
    bare = request.bare(found.targets["c"], Link("c", "linux/arm64"))
    assert list(request.options(bare)) == ["--file=Dockerfile", "--platform=linux/arm64"]


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ("", []),
        ('context = "sub"', []),
        ('context = "/etc"', ["fs.read=/etc", "fs.read=/etc/Dockerfile"]),
        ('context = "https://github.com/a/b.git"', []),
        ('dockerfile = "../../x"', ["fs.read=../../x"]),
        (
            'contexts = { x = "/usr", y = "docker-image://z", z = "https://a/b.tar" }',
            ["fs.read=/usr"],
        ),
        ('secret = ["id=x,src=/etc/shadow"]', ["fs.read=/etc/shadow"]),
        ('output = ["type=local,dest=/tmp/x"]', ["fs.write=/tmp/x"]),
        ('cache-to = ["type=local,dest=../c"]', ["fs.write=../c"]),
        ('network = "host"', ["network.host"]),
        ('entitlements = ["security.insecure"]', ["security.insecure"]),
        ('ssh = ["default"]', ["ssh"]),
        ('ssh = ["k=/root/key"]', ["fs.read=/root/key"]),
    ],
)
def test_leave(
    fields: str, flags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    targets = resolve(f'target "a" {{\n{fields}\n}}', "a").targets.values()
    found = rights.missing(targets, rights.read((), {}))
    assert [each.flag for each in found] == flags
    assert not rights.missing(targets, rights.read(flags, {}))
    if flags:
        assert f"--allow={flags[0]}" in rights.refusal(found).report.hint


def test_links_do_not_lead_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    Path("out").symlink_to("/usr")
    targets = resolve('target "a" { context = "out" }', "a").targets.values()
    assert rights.missing(targets, rights.read((), {}))
    assert not rights.missing(targets, rights.read((), {"BUILDX_BAKE_ENTITLEMENTS_FS": "0"}))
    with pytest.raises(BakeError, match="unknown entitlement key"):
        rights.read(["fs.raed=/"], {})


@pytest.mark.parametrize("field", ["context", "dockerfile"])
def test_standard_input_is_not_a_context(field: str) -> None:
    target = resolve(f'target "a" {{ {field} = "-" }}', "a").targets["a"]
    with pytest.raises(BakeError, match="from stdin not allowed"):
        request.check(target)

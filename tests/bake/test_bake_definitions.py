"""Definition files: variables, functions, targets and what they inherit, matrices, merging."""

from __future__ import annotations

import json

import pytest

from rootbuild.bake import printed
from rootbuild.bake.failure import BakeError
from tests.bake.definitions import parse, resolve, shown

INHERITING = """
target "base" {
  args = { A = "1", B = "1" }
  tags = ["base"]
  labels = { l = "base" }
  no-cache-filter = ["x"]
  platforms = ["linux/amd64"]
}
target "more" { args = { B = "2", C = null } }
target "app" {
  inherits = ["base", "more"]
  args = { D = "4" }
  tags = ["app"]
  no-cache-filter = ["y"]
}
"""


def test_inherits() -> None:
    app = shown(INHERITING, "app")["app"]
    assert app["args"] == {"A": "1", "B": "2", "D": "4"}
    assert app["tags"] == ["app"]
    assert app["labels"] == {"l": "base"}
    assert app["no-cache-filter"] == ["x", "y"]
    assert app["platforms"] == ["linux/amd64"]
    assert "inherits" not in app


@pytest.mark.parametrize(
    ("declared", "environment", "expected"),
    [
        ('default = "a"', {}, "a"),
        ('default = "a"', {"V": "b"}, "b"),
        ("", {}, ""),
        ("default = 5", {"V": "7"}, "7"),
        ("default = true", {"V": "false"}, "false"),
        ('default = "${upper("x")}"', {}, "X"),
        ("type = number\ndefault = 1", {"V": "2"}, "2"),
        ('type = list(string)\ndefault = ["a"]', {"V": "b,c"}, '["b","c"]'),
        ("type = list(number)", {"V_JSON": "[1, 2]"}, "[1,2]"),
        ("type = map(string)", {"V_JSON": '{"a": 1}'}, '{"a":"1"}'),
        ("default = null", {}, None),
    ],
)
def test_variables(declared: str, environment: dict[str, str], expected: str | None) -> None:
    (found,) = parse(f'variable "V" {{\n{declared}\n}}\n', environment).variables
    assert found.value == expected


def test_variables_of_the_command_line_win_and_the_environment_can_be_left_out() -> None:
    text = 'variable "V" { default = "a" }'
    assert parse(text, {"V": "b"}, {"V": "c"}).variables[0].value == "c"
    off = {"V": "b", "BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP": "1"}
    assert parse(text, off).variables[0].value == "a"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('variable "V" {\n default = 5\n}', "a number is required", 1),
        ('variable "V" {\n default = [1]\n}', "unsupported type tuple", 1),
        (
            'variable "V" {\n default = "a"\n validation {\n  condition = V == "a"\n'
            '  error_message = "only a"\n }\n}',
            "only a",
            4,
        ),
        ('target "a" {\n tags = "x"\n}', 'inappropriate value for attribute "tags"', 2),
        ('target "a" {\n dockerfil = "x"\n}', "dockerfil", 2),
        ('taget "a" {\n}', 'blocks of type "taget"', 1),
        ('target "a/b" {\n}', "only", 1),
        ('target "a" {\n name = "b"\n}', "name requires matrix", 2),
        ('group "g" {\n}', '"targets" is required', 1),
        ('group "g" {\n targets = ["a"]\n matrix = {}\n}', "matrix is not supported", 3),
        ("target {\n}", "has one label", 1),
        ('a = b\nb = a\ntarget "t" {\n tags = [a]\n}', "variable cycle", 2),
        (
            'function "f" {\n params = [a]\n result = a\n}\ntarget "t" {\n tags = [f()]\n}',
            "expects 1",
            6,
        ),
        (
            'function "f" {\n params = [a]\n result = f(a)\n}\ntarget "t" {\n tags = [f("")]\n}',
            "itself",
            3,
        ),
    ],
)
def test_mistakes_have_a_place(text: str, message: str, line: int) -> None:
    with pytest.raises(BakeError) as caught:
        parse(text, {"V": "x"})
    report = caught.value.report
    assert message in report.message
    assert report.location is not None
    assert (report.location.file, report.location.start) == ("docker-bake.hcl", line)
    assert report.excerpt is not None


def test_functions_and_references() -> None:
    found = shown(
        """
        prefix = "reg/${NAME}"
        variable "NAME" { default = "n" }
        function "tags" {
          params = [first]
          variadic_params = rest
          result = [for t in concat([first], rest) : "${prefix}:${t}"]
        }
        target "a" {
          tags = tags("1", "2")
          args = { OTHER = target.b.args.X }
        }
        target "b" { args = { X = BAKE_LOCAL_PLATFORM } }
        """,
        "a",
    )
    assert found["a"]["tags"] == ["reg/n:1", "reg/n:2"]
    assert found["a"]["args"] == {"OTHER": "linux/amd64"}


def test_matrix() -> None:
    found = resolve(
        """
        target "app" {
          name = "app-${item.name}-${replace(version, ".", "-")}"
          matrix = {
            item = [{name = "x", at = "one"}, {name = "y", at = "two"}]
            version = ["1.0"]
          }
          target = item.at
          args = { V = version }
        }
        """,
        "app",
    )
    assert sorted(found.targets) == ["app-x-1-0", "app-y-1-0"]
    assert found.targets["app-y-1-0"].text("target") == "two"
    assert found.groups["app"].targets == ("app-x-1-0", "app-y-1-0")


def test_several_files_are_put_together() -> None:
    found = resolve(
        {
            "docker-bake.hcl": """
                variable "TAG" { default = "one" }
                group "default" { targets = ["a", "b"] }
                target "a" {
                  tags = ["a:${TAG}"]
                  args = { X = "1", Y = "1" }
                }
                target "b" {}
            """,
            "docker-bake.json": '{"target": {"a": {"args": {"Y": "${TAG}"}}}}',
            "docker-bake.override.hcl": """
                TAG = "two"
                group "default" { targets = ["a"] }
            """,
            "docker-compose.yml": "services: {a: {build: {context: sub, args: {Z: '1'}}}}",
        }
    )
    assert list(found.targets) == ["a"]
    target = found.targets["a"]
    assert target.texts("tags") == ["a:two"]
    assert target.pairs("args") == {"X": "1", "Y": "two", "Z": "1"}
    assert target.text("context") == "sub"


OVERRIDDEN = """
target "a" {
  args = { A = "1" }
  tags = ["a"]
  output = ["type=image"]
}
target "b" { cache-from = ["user/x"] }
"""


@pytest.mark.parametrize(
    ("sets", "target", "field", "expected"),
    [
        (["a.args.A=2"], "a", "args", {"A": "2"}),
        (["*.args.B=2"], "b", "args", {"B": "2"}),
        (["a.args.HOST"], "a", "args", {"A": "1", "HOST": "h"}),
        (["a.tags=x", "a.tags=y"], "a", "tags", ["x", "y"]),
        (["a.tags+=x"], "a", "tags", ["a", "x"]),
        (["a.platform=linux/arm64"], "a", "platforms", ["linux/arm64"]),
        (["a.context=./sub/"], "a", "context", "sub"),
        (["a.no-cache=true"], "a", "no-cache", True),
        (["a.output=type=local,dest=out"], "a", "output", [{"dest": "out", "type": "local"}]),
        (["a.push=true"], "a", "output", [{"push": "true", "type": "image"}]),
        (["b.push=true"], "b", "output", [{"push": "true", "type": "image"}]),
        (["b.load=true"], "b", "output", [{"type": "docker"}]),
        (["b.cache-from+=type=local,src=c"], "b", "cache-from",
         [{"ref": "user/x", "type": "registry"}, {"src": "c", "type": "local"}]),
        (["b.secrets=id=s,src=f"], "b", "secret", [{"id": "s", "src": "f"}]),
        (["b.ssh=default"], "b", "ssh", [{"id": "default"}]),
        (["b.attest=type=sbom"], "b", "attest", [{"type": "sbom"}]),
        (["b.contexts.x=target:a"], "b", "contexts", {"x": "target:a"}),
        (["b.network=host"], "b", "entitlements", ["network.host"]),
    ],
)  # fmt: skip
def test_overrides(sets: list[str], target: str, field: str, expected: object) -> None:
    found = shown(OVERRIDDEN, target, sets=sets, environment={"HOST": "h"})
    assert found[target][field] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "invalid override key a"),
        ("a.tags", "expected target.name=value"),
        ("a.args=1", "args requires name"),
        ("z.tags=1", "could not find any target matching 'z'"),
        ("a.tagz=1", "unknown key: tagz"),
        ("a.inherits=b", "unknown key: inherits"),
        ("a.pull=maybe", "invalid value maybe for boolean key pull"),
    ],
)
def test_overrides_that_make_no_sense(text: str, message: str) -> None:
    with pytest.raises(BakeError, match=message):
        resolve(OVERRIDDEN, "a", sets=[text])


def test_links() -> None:
    text = """
    target "app" { contexts = { base = "target:base" } }
    target "base" {
      network = "host"
      tags = ["base"]
    }
    """
    found = resolve(text, "app")
    assert found.targets["base"].linked
    assert found.targets["base"].entries("output") == [{"type": "cacheonly"}]
    assert found.targets["app"].texts("entitlements") == ["network.host"]
    assert not resolve(text, "app", "base").targets["base"].linked


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('target "a" { contexts = { x = "target:a" } }', "cannot link to itself"),
        (
            'target "a" { contexts = { x = "target:b" } }\n'
            'target "b" { contexts = { x = "target:a" } }',
            "infinite loop from b to a",
        ),
        ('target "a" { contexts = { x = "target:z" } }', "failed to find target z"),
        ('target "a" { inherits = ["z"] }', "failed to find target z"),
        ('target "ab" {}', "failed to find target a"),
    ],
)
def test_targets_that_are_not_there(text: str, message: str) -> None:
    with pytest.raises(BakeError, match=message):
        resolve(text, "a")


def test_patterns_and_groups_of_groups() -> None:
    text = """
    group "all" { targets = ["some", "c"] }
    group "some" { targets = ["a", "all"] }
    target "a" {}
    target "b" {}
    target "c" {}
    """
    assert list(resolve(text, "all").targets) == ["a", "c"]
    assert list(resolve(text, "[bc]").targets) == ["b", "c"]


def test_print_can_be_read_again() -> None:
    text = 'target "a" {\n args = { X = "$${y}", L = "<&>" }\n dockerfile-inline = "RUN $${x}"\n}'
    once = printed.as_json(resolve(text, "a"))
    assert "\\u003c\\u0026\\u003e" in once
    again = printed.as_json(resolve({"x.json": once}, "a"))
    assert again == once
    assert json.loads(once)["group"] == {"default": {"targets": ["a"]}}


def test_print_order_is_that_of_buildx() -> None:
    text = """target "a" {
      tags = ["t"]
      secret = ["type=env,id=b,env=V", "id=a,src=f"]
      target = "x"
      labels = { z = "1", b = "2" }
      args = { A = 1 }
      description = "d"
    }"""
    target = shown(text, "a")["a"]
    assert list(target) == [
        "description", "context", "dockerfile", "args", "labels", "tags", "target", "secret",
    ]  # fmt: skip
    assert list(target["labels"]) == ["b", "z"]
    assert target["secret"] == [{"id": "b", "env": "V"}, {"id": "a", "src": "f"}]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('{"target": {"a": {\n"tags": [1,}}}', "Invalid JSON", 2),
        ('{"target": {"a": {\n"tags": ["${nope}"]}}}', 'no variable named "nope"', 2),
        ('{"target": {\n"a": 1}}', "JSON object", 2),
        ('{"target": {"a": {\n"tagz": []}}}', "tagz", 2),
    ],
)
def test_mistakes_in_json(text: str, message: str, line: int) -> None:
    with pytest.raises(BakeError) as caught:
        parse({"docker-bake.json": text})
    report = caught.value.report
    assert message in report.message
    assert report.location is not None
    assert report.location.start == line

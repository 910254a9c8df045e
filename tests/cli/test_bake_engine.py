"""`buildx bake` on a real engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import Rootbuild

pytestmark = pytest.mark.engine

DEFINITION = """
variable "NAME" {}
group "default" { targets = ["app", "tool"] }
target "_args" { args = { WHO = "me" } }
target "base" {
  dockerfile-inline = <<EOT
FROM diamol/base
RUN echo base > /base
EOT
}
target "app" {
  inherits = ["_args"]
  context = "app"
  contexts = { base = "target:base" }
  tags = ["${NAME}:app"]
}
target "tool" {
  name = "tool-${n}"
  matrix = { n = ["1", "2"] }
  inherits = ["_args"]
  context = "app"
  dockerfile = "Dockerfile.tool"
  args = { N = n }
  tags = ["${NAME}:tool${n}"]
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "app").mkdir(parents=True)
    (folder / "docker-bake.hcl").write_text(DEFINITION)
    (folder / "app" / "Dockerfile").write_text(
        "FROM base\nARG WHO\nRUN cat /base > /all && echo $WHO >> /all\n"
    )
    (folder / "app" / "Dockerfile.tool").write_text(
        "FROM diamol/base\nARG N\nARG WHO\nRUN echo $N $WHO > /n\n"
    )
    return folder


def test_targets_are_built(rootbuild: Rootbuild, project: Path, unique: Callable[..., str]) -> None:
    name = unique("bake")
    environment = {"NAME": name}
    done = rootbuild("buildx", "bake", cwd=project, env=environment)
    assert "==> base\n" in done.stderr
    assert done.stderr.index("==> base\n") < done.stderr.index("==> app\n")
    assert rootbuild("run", "--rm", f"{name}:app", "cat", "/all").stdout == "base\nme\n"
    assert rootbuild("run", "--rm", f"{name}:tool2", "cat", "/n").stdout == "2 me\n"
    again = rootbuild(
        "buildx", "bake", "app", "--set", "*.args.WHO=you", cwd=project, env=environment
    )
    assert "[2/2] RUN echo base > /base\n#4 CACHED" in again.stderr
    assert rootbuild("run", "--rm", f"{name}:app", "cat", "/all").stdout == "base\nyou\n"
    printed = json.loads(
        rootbuild("buildx", "bake", "--print", cwd=project, env=environment).stdout
    )
    assert sorted(printed["target"]) == ["app", "base", "tool-1", "tool-2"]


def test_a_target_that_fails_ends_it(
    rootbuild: Rootbuild, project: Path, unique: Callable[..., str]
) -> None:
    name = unique("bake")
    (project / "app" / "Dockerfile").write_text("FROM base\nRUN exit 7\n")
    failed = rootbuild("buildx", "bake", cwd=project, env={"NAME": name}, check=False)
    assert failed.status == 1
    assert "exit code: 7" in failed.stderr
    assert "==> tool-1" not in failed.stderr
    refused = rootbuild(
        "buildx", "bake", "base", "--set", "base.network=host", cwd=project, check=False
    )
    assert refused.status == 1
    assert "--allow=network.host" in refused.stderr
    listed = rootbuild("buildx", "bake", "--list=targets", cwd=project).stdout
    assert "tool      tool-1, tool-2\n" in listed
    checked = rootbuild("buildx", "bake", "--check", "tool", cwd=project, env={"NAME": name})
    assert checked.stdout.count("Check complete, no warnings found.") == 2
    as_json = rootbuild(
        "buildx", "bake", "--call", "check,format=json", "tool", cwd=project, env={"NAME": name}
    )
    assert json.loads(as_json.stdout)["target"]["tool-1"]["check"]["warnings"] == []

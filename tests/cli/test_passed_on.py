"""What is only passed on to the engine loads next to nothing: scripts call it all the time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rootbuild.cli.registry import PLACES, commands

# What loading takes may be no more than half of what such a command may take at all.
SLOW = {"argparse", "dataclasses", "datetime", "inspect", "json", "pathlib", "sh", "shutil",
        "socket", "subprocess", "tempfile", "urllib.parse"}  # fmt: skip
# All of ours that a usual host needs to know which command of the engine it is.
NEEDED = {
    "rootbuild",
    "rootbuild.booleans",
    "rootbuild.cli",
    "rootbuild.cli.command",
    "rootbuild.cli.engine",
    "rootbuild.cli.flags",
    "rootbuild.cli.identity",
    "rootbuild.cli.listing",
    "rootbuild.cli.main",
    "rootbuild.cli.parse",
    "rootbuild.cli.registry",
    "rootbuild.cli.streams",
    "rootbuild.cli.tables",
    "rootbuild.facts",
    "rootbuild.facts.ownership",
    "rootbuild.plugins",
    "rootbuild.process",
    "rootbuild.process.programs",
    "rootbuild.runtimes",
    "rootbuild_podman",
    "rootbuild_podman.host",
    "rootbuild_podman.runtime",
}
PROGRAM = """\
import os
import sys
from rootbuild import process
def start(argv, env=None):
    print(*argv)
    print(*(name for name in sys.modules))
    raise SystemExit
process.become = process.foreground = start
os.path.exists = lambda path: path == "/sys/fs/cgroup/cgroup.controllers"  # a usual host
from rootbuild.cli.main import main
main(sys.argv[1:], "docker")
"""


@pytest.mark.parametrize(
    ("words", "passed"),
    [
        (["ps", "-aq"], "ps --all --quiet"),
        (["container", "ls", "--format", "{{.Names}}"], "ps --format={{.Names}}"),
        (["network", "ls"], "network ls"),
        (["volume", "ls", "-q"], "volume ls --quiet"),
        (["cp", "-", "c:/x"], "container cp - c:/x"),
        (["pod", "create", "--name=x"], "pod create --name=x"),
        (["network", "exists", "x"], "network exists x"),
    ],
)
def test_little_is_loaded(words: list[str], passed: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    path = {"PYTHONPATH": os.pathsep.join(sys.path), "XDG_RUNTIME_DIR": str(tmp_path)}
    env = {**os.environ, **path}
    # Without what a development environment loads by itself.
    argv = [sys.executable, "-S", "-c", PROGRAM, *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    told, modules = done.stdout.splitlines()
    assert told.startswith("podman ")
    assert told.endswith(f" {passed}")
    loaded = set(modules.split())
    assert not SLOW & loaded
    ours = {name for name in loaded if name.startswith("rootbuild")}
    assert not {name for name in ours if not name.startswith("rootbuild.cli.tables")} - NEEDED


def test_each_word_leads_to_all_its_tables() -> None:
    for word, tables in PLACES.items():
        named = [each for each in commands() if any(name[0] == word for name in each.names)]
        assert named
        assert [each for each in named if each not in commands(tables)] == []

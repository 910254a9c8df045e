"""What is only passed on to the engine loads next to nothing: scripts call it all the time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# What each of them takes to load is as much as half of what such a command may take at all.
SLOW = ("rootbuild.template", "rootbuild.image", "rootbuild.storage", "rootbuild_podman.listing",
        "rootbuild.runtime", "rootbuild.build", "json", "datetime", "argparse", "sh")  # fmt: skip
PROGRAM = """\
import sys
from rootbuild import process
def start(argv, env=None):
    print(*argv)
    print(*(name for name in sys.modules))
    raise SystemExit
process.become = process.foreground = start
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
def test_little_is_loaded(words: list[str], passed: str) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    # Without what a development environment loads by itself.
    argv = [sys.executable, "-S", "-c", PROGRAM, *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    told, modules = done.stdout.splitlines()
    assert told.startswith("podman ")
    assert told.endswith(f" {passed}")
    assert not set(SLOW) & set(modules.split())

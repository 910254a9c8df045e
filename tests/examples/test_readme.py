"""Every command of the README: run as written, or shown to be what another test runs."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Rootbuild

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)

# What sets up the machine or an environment cannot be run by a test that has these already. Behind
# each stands a file that holds what is run instead, and the text by which it does.
ELSEWHERE = {
    "make demo": ("Makefile", "demo:\n\t@scripts/run scripts/demo\n"),
    "make test": (".ci/run", "make test"),
    "pipx install .": ("scripts/check", '"$work/empty/bin/python" -m pip install'),
    "rootbuild --version": ("scripts/check", "./empty/bin/rootbuild --version"),
}

# What each command must print, as far as that is the same everywhere.
PRINTS = {
    "curl": "<h1>Image of the day",
    "rootbuild container run --rm": "<h1>Image of the day",
    "rootbuild container ls": "0.0.0.0:800->80/tcp",
    "rootbuild container logs": "GET /",
    "rootbuild image ls": "image-of-the-day",
    "rootbuild image history": "EXPOSE",
    "rootbuild network inspect": '"nat"',
    "rootbuild container stop": "iotd",
    "rootbuild container rm": "iotd",
    "rootbuild network rm": "nat",
    "rootbuild image rm": "Untagged",
}


def commands(top: Path) -> list[str]:
    """The README's commands in their order."""
    blocks: list[str] = BLOCK.findall((top / "README.md").read_text("utf-8"))
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_what_is_not_run_here_is_run_elsewhere(top: Path) -> None:
    there = commands(top)
    for command, (file, text) in ELSEWHERE.items():
        assert command in there
        assert text in (top / file).read_text("utf-8"), f"{file} does not run {command}"


@pytest.fixture
def fixed_names() -> Iterator[None]:
    """The README's names are fixed: what a failed run leaves under them is removed."""
    yield
    for argv in (("rm", "-f", "-i", "iotd"), ("network", "rm", "nat")):
        subprocess.run(["podman", *argv], capture_output=True, check=False)
    for name in ("image-of-the-day", "multi-stage"):
        subprocess.run(
            ["buildah", "rmi", f"docker.io/library/{name}"], capture_output=True, check=False
        )


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.usefixtures("fixed_names")
def test_the_commands_work_as_written(top: Path, cached: Rootbuild) -> None:
    folder = top
    unseen = set(PRINTS)
    for command in commands(top):
        if command in ELSEWHERE:
            continue
        if command.startswith("cd "):
            folder = folder / command.removeprefix("cd ")
            continue
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=cached.environment({"no_proxy": "localhost"}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
        for start in [start for start in PRINTS if command.startswith(start)]:
            assert PRINTS[start] in done.stdout, f"$ {command}\n{done.stdout}\n{done.stderr}"
            unseen.discard(start)
    assert not unseen, f"no longer in the README: {unseen}"


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.usefixtures("fixed_names")
def test_the_demo_ends_well_and_can_be_run_again(top: Path, cached: Rootbuild) -> None:
    for _ in range(2):
        done = subprocess.run(
            [str(top / "scripts/demo")],
            env=cached.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Building...\nTesting...\n" in done.stdout
        assert done.stdout.count("<h1>Image of the day") == 2
        assert done.stdout.splitlines()[-1].startswith("demo: both examples were built and served")


def test_the_targets_of_the_makefile_exist(top: Path) -> None:
    for target in ("setup", "demo", "test", "check", "bench", "docs"):
        argv = shlex.split(f"make --dry-run --no-print-directory {target}")
        done = subprocess.run(argv, cwd=top, capture_output=True, text=True, check=True)
        script = done.stdout.split()[0]
        assert (top / script).stat().st_mode & 0o111

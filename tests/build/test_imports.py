"""What commands load. Every module is time that each start of the command takes.

Times depend on the machine; what is loaded does not.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from rootbuild.files.digest import RACY_NS
from tests.build.builds import Project
from tests.hosts import ENGINE

# Slow to load, and of no use to the commands below.
NEVER = {
    "argparse",
    "asyncio",
    "concurrent.futures",
    "ctypes",
    "importlib.metadata",
    "logging",
    "multiprocessing",
    "pkg_resources",
    "platformdirs",
    "rich",
    "sh",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "uuid",
}
# The long way from a Dockerfile to a key, and what only runs steps.
LONG_WAY = {
    "rootbuild.build.build",
    "rootbuild.build.debugger",
    "rootbuild.build.devices",
    "rootbuild.build.execute",
    "rootbuild.build.fetched",
    "rootbuild.choices",
    "rootbuild.cli.doctor",
    "rootbuild.dockerfile.ignore",
    "rootbuild.facts.cgroups",
    "rootbuild.facts.devices",
    "rootbuild.facts.disk",
    "rootbuild.facts.programs",
    "rootbuild.files.parents",
    "rootbuild.dockerfile.instructions",
    "rootbuild.dockerfile.parse",
    "rootbuild.graph",
    "rootbuild.history.folder",
    "rootbuild.history.page",
    "rootbuild.history.replay",
    "rootbuild.host.checks",
    "rootbuild.host.remembered",
    "rootbuild.image.config",
    "rootbuild.image.layout",
    "rootbuild.lint",
    "rootbuild.plan",
    "rootbuild.progress.findings",
    "rootbuild.progress.rawjson",
    "rootbuild.progress.terminal",
    "rootbuild.remote.download",
    "rootbuild.remote.git",
    "rootbuild.remote.sources",
    "rootbuild.remote.parse",
    "rootbuild_oci.network",
    "rootbuild_oci.steps",
    "rootbuild_podman.host",
}


def loaded(timing: str) -> set[str]:
    """The modules that a program run with -X importtime has loaded.

    Those that are loaded by name, such as a plugin's package, are not among them; their parts are.
    """
    found = set(re.findall(r"^import time:.*\| *([\w.]+)$", timing, re.MULTILINE))
    assert "rootbuild.cli.main" in found
    return found


def started(*arguments: str) -> set[str]:
    program = [sys.executable, "-X", "importtime", "-m", "rootbuild", *arguments]
    finished = subprocess.run(program, capture_output=True, text=True, check=False)
    return loaded(finished.stderr)


@pytest.mark.parametrize("command", [("--version",), ("--help",), ("build", "--help")])
def test_help_loads_the_command_line_alone(command: tuple[str, ...]) -> None:
    found = started(*command)
    assert not found & NEVER
    ours = {name for name in found if name.startswith("rootbuild.")}
    assert {name for name in ours if not name.startswith("rootbuild.cli")} == {"rootbuild.booleans"}


@pytest.mark.engine
def test_a_passed_on_command_loads_no_part_of_builds() -> None:
    found = started("ps")
    assert "rootbuild_podman.host" in found
    needed = {"rootbuild_podman.host", "rootbuild.facts.cgroups"}  # the second where crun fails
    assert not found & (NEVER | LONG_WAY - needed)
    assert not any(
        name.startswith(("rootbuild.build", "rootbuild_buildah", "rootbuild_oci")) for name in found
    )


@pytest.mark.engine
def test_a_build_with_nothing_to_do_loads_little(project: Project) -> None:
    file = project.write("file", "content")
    project.build("FROM diamol/base\nRUN true\nCOPY file /\nCMD x\n")
    age = time.time_ns() - file.stat().st_ctime_ns
    time.sleep(max(RACY_NS - age, 0) / 1e9 + 0.1)
    project.build(None)
    found = loaded(project.build(None, env={"PYTHONPROFILEIMPORTTIME": "1"}).stderr)
    assert f"rootbuild_{ENGINE}.answers" in found
    assert not found & (NEVER | LONG_WAY)

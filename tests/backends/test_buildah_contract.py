"""The contract, held by real buildah: a process inside the namespace runs its tests."""

import os
import sys
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild_buildah import BuildahBackend
from rootbuild_buildah.steps import RUNTIMES

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("way", ["", "crun", "runc", "buildah", "chroot"])
def test_contract(way: str) -> None:
    if way in RUNTIMES and process.find(way) is None:
        pytest.skip(f"{way} is not installed")
    if way == "crun" and Path("/sys/fs/cgroup/unified").is_dir():
        pytest.skip("crun refuses hybrid cgroups")
    backend = BuildahBackend()
    problem = backend.check()
    assert problem is None, problem
    finished = _inside(backend, "contract_inside.py", {"ROOTBUILD_TEST_WAY": way})
    assert finished.status == 0, finished.stdout.decode()


def test_ways_are_equal() -> None:
    """What a step sees and leaves does not depend on the way in which it is run."""
    finished = _inside(BuildahBackend(), "comparison_inside.py", {})
    assert finished.status == 0, finished.stdout.decode()


def _inside(backend: BuildahBackend, file: str, env: dict[str, str]) -> process.Finished:
    argv = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE / file))
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends"), *sys.path[1:]])
    return process.run(
        backend.enter(argv) or argv, check=False, cwd=ROOT, env={**env, "PYTHONPATH": path}
    )

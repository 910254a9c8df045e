"""The contract, held by real podman where there is no buildah."""

import os
import sys
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild_oci.steps import RUNTIMES
from rootbuild_podman.backend import PodmanBackend

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

pytestmark = pytest.mark.engine


# Puts something over programs that they cannot be run any more, in a mount namespace of our own.
HIDING = """
for program in buildah skopeo; do
    place=$(command -v $program) && mount --bind /dev/null "$place"
done
exec "$@"
"""


@pytest.mark.parametrize(
    ("way", "kind"), [("", "ours"), ("crun", "theirs"), ("runc", "ours"), ("podman", "ours")]
)
def test_contract_of_podman(way: str, kind: str) -> None:
    if way in RUNTIMES and process.find(way) is None:
        pytest.skip(f"{way} is not installed")
    if way == "crun" and Path("/sys/fs/cgroup/unified").is_dir():
        pytest.skip("crun refuses hybrid cgroups")
    backend = PodmanBackend()
    problem = backend.check()
    assert problem is None, problem
    file = str(HERE / "podman_contract_inside.py")
    argv = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file)
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends"), *sys.path[1:]])
    finished = process.run(
        backend.enter(("sh", "-c", HIDING, "sh", *argv)) or argv,
        check=False,
        cwd=ROOT,
        env={
            "ROOTBUILD_TEST_WAY": way,
            "ROOTBUILD_TEST_KIND": kind,
            "PYTHONPATH": path,
        },
    )
    assert finished.status == 0, finished.stdout.decode()

"""The contract, held by real buildah: a process inside the namespace runs its tests."""

import os
import sys
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild_buildah import BuildahBackend
from rootbuild_oci.steps import RUNTIMES

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


def test_another_driver(tmp_path: Path) -> None:
    """With vfs there are no layers to mount: containers are buildah's."""
    store, configuration = tmp_path / "store", tmp_path / "config/containers/storage.conf"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{store}/root"\nrunroot = "{store}/run"\n'
    )
    backend = BuildahBackend()
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    try:
        finished = _inside(backend, "contract_inside.py", environment, "-k", "TestStore")
        assert finished.status == 0, finished.stdout.decode()
        assert (store / "root/vfs-images").is_dir()
    finally:
        process.run(backend.enter(("rm", "-rf", str(store))) or ("true",))


def test_ways_are_equal() -> None:
    """What a step sees and leaves does not depend on the way in which it is run."""
    finished = _inside(BuildahBackend(), "comparison_inside.py", {})
    assert finished.status == 0, finished.stdout.decode()


def test_layers_are_right() -> None:
    """What we write as layers is what buildah writes, and what was in the container."""
    finished = _inside(BuildahBackend(), "layers_inside.py", {})
    assert finished.status == 0, finished.stdout.decode()


def _inside(
    backend: BuildahBackend, file: str, env: dict[str, str], *more: str
) -> process.Finished:
    file = str(HERE / file)
    argv = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file, *more)
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends"), *sys.path[1:]])
    return process.run(
        backend.enter(argv) or argv, check=False, cwd=ROOT, env={**env, "PYTHONPATH": path}
    )

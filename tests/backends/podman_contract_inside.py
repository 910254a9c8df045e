"""The contract's tests on real podman; run by test_podman_contract inside the namespace.

`ROOTBUILD_TEST_WAY` says in which way steps are run, `ROOTBUILD_TEST_KIND` which kind of working
containers there are.
"""

import json
import os
from collections.abc import Iterator

import pytest

from rootbuild import process
from rootbuild.backend import Backend
from rootbuild.testing.contract import (
    MountContract,
    RunContract,
    StoreContract,
    WaysContract,
    container,
    fresh_name,
)
from rootbuild.testing.layouts import LayoutContract
from rootbuild_podman.backend import PodmanBackend
from tests.backends.busybox_image import busybox_image

WAY = os.environ.get("ROOTBUILD_TEST_WAY", "")
THEIRS = os.environ.get("ROOTBUILD_TEST_KIND") == "theirs"


@pytest.fixture(scope="module")
def backend() -> PodmanBackend:
    return PodmanBackend(ways=(WAY,) if WAY else None, overlays=not THEIRS)


@pytest.fixture(scope="module")
def base(backend: PodmanBackend) -> Iterator[str]:
    with busybox_image(backend) as image:
        yield image


def test_buildah_is_not_there() -> None:
    """It is hidden, so that nothing of what follows can be its work."""
    assert process.find("buildah") is None
    assert process.find("skopeo") is None


@pytest.mark.skipif(WAY not in ("", "crun"), reason="the same for every way")
class TestStore(StoreContract):
    def forget(self, backend: Backend, *names: str) -> None:
        indexes = {name for image in backend.images() for name in image.names if image.instances}
        for name in names:
            kind = ["manifest", "rm"] if name in indexes else ["rmi"]
            process.run(["podman", *kind, name])


def test_no_volume_stays_behind(backend: PodmanBackend, base: str) -> None:
    """podman would make those that the image asks for, for a container that is never started."""
    config = json.loads(backend.config(base))
    config["config"] = {"Volumes": {"/data": {}}, "Labels": {"unique": fresh_name()}}
    image = backend.create_image(json.dumps(config).encode())
    before = process.call(("podman", "volume", "ls", "--quiet")).text
    with container(backend, image) as (name, rootfs):
        (rootfs / "data").mkdir()
        (rootfs / "data/file").write_text("x")
        layers = backend.commit(name)
    assert process.call(("podman", "volume", "ls", "--quiet")).text == before
    with container(backend, layers.image) as (_, rootfs):
        assert (rootfs / "data/file").read_text() == "x"
    backend.remove([layers.image, image])


class TestRun(RunContract):
    pass


@pytest.mark.skipif(WAY not in ("", "crun"), reason="the same for every way")
class TestLayouts(LayoutContract):
    pass


@pytest.mark.skipif(bool(WAY), reason="ways are chosen by themselves here")
class TestWays(WaysContract):
    pass


class TestMounts(MountContract):
    pass

"""The contract's tests on real buildah; run by test_buildah_contract inside the namespace.

`ROOTBUILD_TEST_WAY` says in which way steps are run.
"""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from typing import cast

import pytest
from rootbuild_buildah import BuildahBackend
from rootbuild_buildah.steps import Way

from rootbuild import process
from rootbuild.testing.contract import RunContract, StoreContract

WAY = cast(Way, os.environ.get("ROOTBUILD_TEST_WAY", ""))


@pytest.fixture(scope="module")
def backend() -> BuildahBackend:
    return BuildahBackend(ways=(WAY,) if WAY else None)


@pytest.fixture(scope="module")
def base(backend: BuildahBackend) -> Iterator[str]:
    busybox = process.find("busybox")
    assert busybox is not None, "busybox-static is not installed"
    with backend.start(None, "rootbuild-test-base-" + uuid.uuid4().hex) as name:
        with backend.mount(name) as rootfs:
            rootfs.chmod(0o755)
            (rootfs / "bin").mkdir()
            shutil.copy(busybox, rootfs / "bin/busybox")
            (rootfs / "bin/busybox").chmod(0o755)
        layers = backend.commit(name)
    config = {
        **json.loads(backend.config(layers.image)),
        "config": {"Labels": {"for": "tests", "unique": uuid.uuid4().hex}},
        "history": [],
    }
    image = backend.create_image(json.dumps(config).encode())
    backend.remove([layers.image])
    yield image
    backend.remove([image])


@pytest.mark.skipif(WAY not in ("", "crun"), reason="the same for every way")
class TestStore(StoreContract):
    def forget(self, backend: object, name: str) -> None:
        process.run(["buildah", "rmi", name])


class TestRun(RunContract):
    added_env = frozenset({"HOSTNAME"} if WAY in ("buildah", "chroot") else ())
    supplementary_groups = WAY not in ("buildah", "chroot")

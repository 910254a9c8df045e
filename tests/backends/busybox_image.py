"""A base image for tests, made of the host's static busybox alone."""

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from rootbuild import process
from rootbuild.backend import Backend


@contextmanager
def busybox_image(backend: Backend) -> Iterator[str]:
    """The id of such an image, which is removed in the end."""
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
    }
    image = backend.create_image(json.dumps(config).encode())
    backend.remove([layers.image])
    try:
        yield image
    finally:
        backend.remove([image])

"""What podman says of its images, where the store's files do not."""

from __future__ import annotations

import json
from pathlib import Path

from rootbuild import process
from rootbuild.backend import StoredImage
from rootbuild_podman import argv, listing


def folder() -> Path:
    """Where its images are."""
    return Path(json.loads(process.call(argv.info()).stdout)["store"]["graphRoot"])


def images() -> tuple[StoredImage, ...]:
    """All images."""
    return listing.images(process.call(argv.images()).stdout)


def config(image: str) -> bytes:
    """The config of an image, which podman gives with all of it. KeyError if there is none."""
    import tarfile
    import tempfile

    with tempfile.TemporaryDirectory(prefix="rootbuild-config-") as place:
        file = Path(place, "image.tar")
        finished = process.call(argv.save(image, file), check=False)
        if finished.status != 0:
            if all(image != known.id for known in images()):
                raise KeyError(image)
            raise process.failure(finished)
        with tarfile.open(file) as archive:
            found = archive.extractfile(f"{image}.json")
            assert found is not None, f"{image}.json is no file"
            return found.read()

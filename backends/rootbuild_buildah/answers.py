"""What buildah says of its images, as plain data."""

from __future__ import annotations

import json
from pathlib import Path

from rootbuild import process
from rootbuild.backend import StoredImage
from rootbuild.storage.index import strings
from rootbuild_buildah import argv


def folder() -> Path:
    """Where its images are."""
    return Path(json.loads(process.call(argv.info()).stdout)["store"]["GraphRoot"])


def images() -> tuple[StoredImage, ...]:
    """All images."""
    listed = json.loads(process.call(argv.images()).stdout or b"null") or []
    return tuple(
        StoredImage(
            id=str(entry["id"]).removeprefix("sha256:"),
            names=strings(entry.get("names")),
            digest=str(entry.get("digest") or ""),
            created=str(entry.get("createdatraw") or ""),
        )
        for entry in listed
    )


def config(image: str) -> bytes:
    """The config of an image. KeyError if there is no such image."""
    finished = process.call(argv.inspect(image), check=False)
    if finished.status != 0:
        if all(image != known.id for known in images()):
            raise KeyError(image)
        raise process.failure(finished)
    return str(json.loads(finished.stdout)["Config"]).encode()

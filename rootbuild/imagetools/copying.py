"""An image taken over from one repository into another: blobs first, then its manifest."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rootbuild.imagetools import documents
from rootbuild.imagetools.documents import Entry
from rootbuild.imagetools.found import Found
from rootbuild.registry.client import Repository
from rootbuild.registry.uploads import content_of_file


def copy(found: Found, target: Repository, folder: Path) -> None:
    """Bring an image, or all images of an index, into a repository. Raises RegistryError, OSError.

    What is there is not sent again; within a registry blobs are mounted. `folder` is for those that
    are on their way.
    """
    if target.describe(found.manifest.digest) is not None:
        return
    if found.is_index:
        for entry in found.entries():
            copy(found.member(entry), target, folder)
    else:
        layers = documents.entries(found.document, "layers")
        config = documents.entry(found.document.get("config"))
        for blob in {each.digest: each for each in (config, *layers)}.values():
            _copy_blob(blob, found, target, folder)
    target.put_manifest(found.manifest.digest, found.manifest.body, found.entry.media_type)


def _copy_blob(blob: Entry, found: Found, target: Repository, folder: Path) -> None:
    if target.blob_size(blob.digest) is not None:
        return
    source = found.repository
    same = source.place.host == target.place.host
    if same and target.mount(blob.digest, source.place.repository):
        return
    if blob.document.get("urls") and source.blob_size(blob.digest) is None:
        return  # it is to be had elsewhere only, and may not be sent on
    with tempfile.TemporaryDirectory(dir=folder, prefix="blob-") as place:
        file = Path(place, "blob")
        source.save_blob(blob.digest, file, blob.size)
        target.put_blob(content_of_file(file, blob.digest))

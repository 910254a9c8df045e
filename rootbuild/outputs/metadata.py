"""What a build tells about its result: the file of `--metadata-file`, in buildx's words."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path
from typing import Any

from rootbuild.image.manifest import OCI_INDEX, Descriptor
from rootbuild.outputs.failure import written
from rootbuild.outputs.sink import write_all
from rootbuild.outputs.staged import staged_file
from rootbuild.records import dataclass

_BUILDER = "default/default"
_LETTERS = string.digits + string.ascii_lowercase
_LENGTH = 25


@dataclass(frozen=True, slots=True)
class Told:
    """The result: the image's id, its manifest if one was written or pushed, its whole names."""

    image: str = ""
    manifest: Descriptor | None = None
    names: tuple[str, ...] = ()


def write_metadata(file: Path, told: Told) -> None:
    """Write the file, all at once. Raises HostError."""
    data = json.dumps(metadata(told, reference()), indent=2, sort_keys=True).encode()
    with written(file), staged_file(file) as descriptor:
        write_all(descriptor, data)


def metadata(told: Told, ref: str) -> dict[str, Any]:
    """The content of the file. Without a manifest, the id is all that there is of a digest.

    An index has no config.
    """
    found: dict[str, Any] = {"buildx.build.ref": f"{_BUILDER}/{ref}"}
    if told.image:
        found["containerimage.digest"] = f"sha256:{told.image}"
        if told.manifest is None or told.manifest.media_type != OCI_INDEX:
            found["containerimage.config.digest"] = f"sha256:{told.image}"
    if told.manifest is not None:
        found["containerimage.digest"] = told.manifest.digest
        found["containerimage.descriptor"] = told.manifest.document()
    if told.names:
        found["image.name"] = ",".join(told.names)
    return found


def reference() -> str:
    """A new name for a build."""
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in os.urandom(_LENGTH))

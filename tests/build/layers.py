"""What is really in the layers of an image: their tar files, pushed out of the store."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

Layer = dict[str, tarfile.TarInfo]


@contextlib.contextmanager
def pushed(image: str, folder: Path) -> Iterator[list[tarfile.TarFile]]:
    """The layers of an image, from the bottom, as open tar files."""
    subprocess.run(
        ["buildah", "push", "--quiet", "--disable-compression", image, f"dir:{folder}"],
        check=True,
        capture_output=True,
    )
    manifest = json.loads((folder / "manifest.json").read_text())
    paths = [folder / layer["digest"].removeprefix("sha256:") for layer in manifest["layers"]]
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(tarfile.open(path, errors="surrogateescape")) for path in paths]


def entries(layer: tarfile.TarFile) -> Layer:
    """The entries of a layer by their names, without a slash at either end."""
    return {entry.name.strip("/"): entry for entry in layer}

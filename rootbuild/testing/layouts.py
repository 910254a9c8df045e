"""Images in OCI layout for tests, and the test of bringing one into the store; for pytest."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.testing.contract import container

CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
NAME = "org.opencontainers.image.ref.name"

Descriptor = dict[str, object]


class Layout:
    """A folder in OCI layout that is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries: list[Descriptor] = []
        (folder / "blobs" / "sha256").mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def add(
        self, files: Mapping[str, bytes], tag: str = "", config: Mapping[str, object] | None = None
    ) -> tuple[str, str]:
        """Write an image with one layer, listed under a tag; its manifest's digest, and its id."""
        manifest, image = self.image(files, config)
        self.put(manifest, tag)
        return str(manifest["digest"]), image

    def image(
        self, files: Mapping[str, bytes], config: Mapping[str, object] | None = None
    ) -> tuple[Descriptor, str]:
        """Write an image without listing it; its manifest's descriptor, and its id."""
        layer = _archive(files)
        rootfs = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}
        whole = {"architecture": "amd64", "os": "linux", "config": config or {}, "rootfs": rootfs}
        described = self.blob(json.dumps(whole).encode(), CONFIG)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": described,
            "layers": [self.blob(gzip.compress(layer, mtime=0), LAYER)],
        }
        image = str(described["digest"]).removeprefix("sha256:")
        return self.blob(json.dumps(manifest).encode(), MANIFEST), image

    def index(self, *entries: Descriptor) -> Descriptor:
        """Write an index over other documents."""
        return self.blob(json.dumps({"schemaVersion": 2, "manifests": entries}).encode(), INDEX)

    def put(self, entry: Descriptor, tag: str = "") -> None:
        """List a document in the folder's own index."""
        self._entries.append({**entry, "annotations": {NAME: tag}} if tag else entry)
        index = {"schemaVersion": 2, "manifests": self._entries}
        (self.folder / "index.json").write_text(json.dumps(index))

    def blob(self, data: bytes, media_type: str) -> Descriptor:
        """Write a blob; gives its descriptor."""
        digest = hashlib.sha256(data).hexdigest()
        (self.folder / "blobs" / "sha256" / digest).write_bytes(data)
        return {"mediaType": media_type, "size": len(data), "digest": f"sha256:{digest}"}


class LayoutContract:
    """Images out of folders in OCI layout; fixtures as for the other contracts."""

    def test_an_image_of_a_layout_is_loaded(self, backend: Backend, tmp_path: Path) -> None:
        """The one that was asked for, with its files and config, and nothing else."""
        layout = Layout(tmp_path / "layout")
        unique = uuid.uuid4().hex
        _, other = layout.add({"other": unique.encode()}, "same")
        config = {"Env": ["A=1"], "Labels": {"unique": unique}}
        manifest, image = layout.add({"d/file": unique.encode()}, "same", config)
        assert backend.load(layout.folder, manifest) == image
        stored = {known.id: known.names for known in backend.images()}
        assert stored[image] == ()
        assert other not in stored
        assert json.loads(backend.config(image))["config"] == config
        with container(backend, image) as (_, rootfs):
            assert (rootfs / "d/file").read_text() == unique
        assert backend.load(layout.folder, manifest) == image
        backend.remove([image])


def _archive(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()

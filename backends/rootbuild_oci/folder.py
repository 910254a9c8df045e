"""An image as a folder in the layout of the `dir:` transport: its config, and layers that are new.

The store takes a layer that it knows by its uncompressed digest without asking for its content, so
a manifest with those digests and the config is a whole image. A new layer lies in the folder,
uncompressed, with its digest for a name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

VERSION = "Directory Transport Version: 1.1\n"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar"
POLICY = {"default": [{"type": "insecureAcceptAnything"}]}


def manifest(config: bytes, sizes: Mapping[str, int]) -> bytes:
    """The manifest of an image with this config and the layers that it names.

    `sizes` are those of new layers. That of a layer which is in the store already is not looked at.
    """
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": CONFIG,
            "size": len(config),
            "digest": f"sha256:{identity(config)}",
        },
        "layers": [
            {"mediaType": LAYER, "size": sizes.get(diff_id, 0), "digest": diff_id}
            for diff_id in diff_ids(config)
        ],
    }
    return json.dumps(content).encode()


def identity(config: bytes) -> str:
    """The id of the image with this config."""
    return hashlib.sha256(config).hexdigest()


def diff_ids(config: bytes) -> tuple[str, ...]:
    """The layers that a config names, from the bottom."""
    found = json.loads(config).get("rootfs", {}).get("diff_ids") or []
    return tuple(str(diff_id) for diff_id in found)


def empty(label: str) -> bytes:
    """The config of an image with nothing in it."""
    config = {"Labels": {"rootbuild.for": label}}
    return json.dumps({"os": "linux", "config": config, "rootfs": _rootfs(())}).encode()


def bare(architecture: str) -> bytes:
    """The config of an image for `plain` where there is none to start from."""
    return json.dumps({"architecture": architecture, "os": "linux"}).encode()


def startable(config: bytes) -> bytes | None:
    """The config as `buildah from` and `buildah commit` take it; None if it is so already.

    Without its ONBUILD instructions, which buildah would run, and without a history that does not
    name all layers, which it would refuse to commit to.
    """
    content = json.loads(config)
    triggers = (content.get("config") or {}).get("OnBuild")
    history = content.get("history") or []
    layers = sum(not entry.get("empty_layer") for entry in history)
    if not triggers and (not history or layers == len(diff_ids(config))):
        return None
    return plain(config, diff_ids(config))


def plain(config: bytes, diff_ids: Sequence[str]) -> bytes:
    """A config with other layers, and without the history and triggers of the given one."""
    content = json.loads(config)
    content["config"] = {**(content.get("config") or {}), "OnBuild": []}
    return json.dumps({**content, "rootfs": _rootfs(diff_ids), "history": []}).encode()


def blob(folder: Path, digest: str) -> Path:
    """Where the layer with that digest lies."""
    return folder / digest.partition(":")[2]


def write(folder: Path, config: bytes, sizes: Mapping[str, int] | None = None) -> None:
    """Write the image, and beside it (`policy.json`) the signature policy to load it by.

    `sizes` are those of the new layers, which lie there already.
    """
    _write_manifest(folder, manifest(config, sizes or {}))
    (folder / identity(config)).write_bytes(config)


def write_layout(folder: Path, layout: Path, digest: str) -> None:
    """Write an image of a folder in OCI layout, by its manifest's digest, as links to its blobs.

    So one of several images can be chosen, which the `oci:` transport cannot do by a digest. All
    digests that the manifest holds are known to be sound.
    """
    blobs = layout.absolute() / "blobs"
    data = _blob(blobs, digest).read_bytes()
    _write_manifest(folder, data)
    content = json.loads(data)
    for part in (content["config"], *(content.get("layers") or ())):
        blob = _blob(blobs, part["digest"])
        link = folder / blob.name
        if not link.is_symlink():  # a layer may be there twice
            link.symlink_to(blob)


def _blob(blobs: Path, digest: str) -> Path:
    algorithm, _, value = digest.partition(":")
    return blobs / algorithm / value


def _write_manifest(folder: Path, data: bytes) -> None:
    (folder / "version").write_text(VERSION)
    (folder / "manifest.json").write_bytes(data)
    (folder / "policy.json").write_text(json.dumps(POLICY))


def _rootfs(diff_ids: Sequence[str]) -> dict[str, object]:
    return {"type": "layers", "diff_ids": list(diff_ids)}

"""An image as a folder in the layout of the `dir:` transport, with nothing but its config.

The store takes a layer that it knows by its uncompressed digest without asking for its content, so
a manifest with those digests and the config is a whole image.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

VERSION = "Directory Transport Version: 1.1\n"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar"
POLICY = {"default": [{"type": "insecureAcceptAnything"}]}


def manifest(config: bytes) -> bytes:
    """The manifest of an image with this config and the layers that it names."""
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": CONFIG,
            "size": len(config),
            "digest": f"sha256:{identity(config)}",
        },
        # The size of a layer that is in the store already is not looked at.
        "layers": [
            {"mediaType": LAYER, "size": 0, "digest": diff_id} for diff_id in diff_ids(config)
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
    rootfs: dict[str, object] = {"type": "layers", "diff_ids": []}
    return json.dumps({"os": "linux", "config": config, "rootfs": rootfs}).encode()


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
    content["config"] = {**(content.get("config") or {}), "OnBuild": []}
    content["history"] = []
    return json.dumps(content).encode()


def write(folder: Path, config: bytes) -> None:
    """Write the image, and beside it (`policy.json`) the signature policy to load it by."""
    _write_manifest(folder, manifest(config))
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

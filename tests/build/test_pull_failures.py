"""Base images whose registry is down, refuses, or hangs up in the middle, on a real engine."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import socket
import subprocess
import tarfile
from collections.abc import Iterator

import pytest

from rootbuild.image.platform import build_platform
from tests.build.builds import Project
from tests.registryserver import FaultyRegistry, cut, faulty_registry, status

pytestmark = pytest.mark.engine

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def registry() -> Iterator[FaultyRegistry]:
    with faulty_registry() as found:
        yield found
        subprocess.run(("buildah", "rmi", "--force", f"{found.host}/tool:1"), capture_output=True)


def layer(registry: FaultyRegistry) -> bytes:
    """Serve the image `tool:1`, with one layer of one file; gives the layer."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("tool")
        info.size = 100_000
        archive.addfile(info, io.BytesIO(os.urandom(info.size)))
    tar = buffer.getvalue()
    packed = gzip.compress(tar)
    config = {
        "os": "linux",
        "architecture": build_platform().architecture,
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}"]},
    }
    parts = ((CONFIG, json.dumps(config).encode()), (LAYER, packed))
    described = [
        {"mediaType": kind, "digest": registry.add_blob(data), "size": len(data)}
        for kind, data in parts
    ]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST}
    manifest |= {"config": described[0], "layers": described[1:]}
    registry.manifests["1"] = (MANIFEST, json.dumps(manifest).encode())
    return packed


def image(registry: FaultyRegistry) -> str:
    return f"{registry.host}/tool:1"


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        (401, "registry-denied", "denies access to tool"),
        (503, "registry-failed", "invalid response status 503"),
    ],
)
def test_refused(
    project: Project, registry: FaultyRegistry, code: int, name: str, words: str
) -> None:
    """The line that names the image is shown, with the registry's reason and the engine's words."""
    layer(registry)
    registry.faults["GET /manifests/"] = [status(code) for _ in range(99)]
    failed = project.build(f"FROM {image(registry)}\nCOPY . /\n", check=False)
    assert failed.status == 1
    start = f"ERROR: failed to solve: {image(registry)} is not here and could not be pulled: "
    assert f"{start}registry {registry.host}" in failed.stderr
    assert words in failed.stderr
    assert f"[{name}]" in failed.stderr
    assert "Dockerfile:1\n" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_nobody_is_there(project: Project) -> None:
    with socket.socket() as bound:  # it does not listen
        bound.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{bound.getsockname()[1]}"
        failed = project.build(f"FROM {host}/tool\n", check=False)
        ran = project.rootbuild("run", f"{host}/tool", check=False)
    assert f"registry {host} cannot be reached: connection refused" in failed.stderr
    assert f"registry {host} cannot be reached: connection refused" in ran.stderr
    assert (failed.status, ran.status) == (1, 125)


def test_cut_in_the_middle(project: Project, registry: FaultyRegistry) -> None:
    """A pull that was cut is gone on with."""
    data = layer(registry)
    registry.faults["GET /blobs/"] = [cut(data, len(data) // 2)]
    registry.faults["GET /blobs/"].insert(0, lambda _: False)  # the config comes first
    project.build(f"FROM {image(registry)}\nLABEL a=b\n")
    assert registry.faults["GET /blobs/"] == []


def test_cut_for_ever(project: Project, registry: FaultyRegistry) -> None:
    """It ends, and the name of the image leads to nothing."""
    data = layer(registry)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    registry.faults[f"GET /blobs/{digest}"] = [cut(data, 1000) for _ in range(999)]
    failed = project.build(f"FROM {image(registry)}\n", check=False)
    assert failed.status == 1
    assert "is in its registry, but could not be pulled" in failed.stderr
    assert "[pull-failed]" in failed.stderr
    known = ("buildah", "images", "--quiet", image(registry))
    assert subprocess.run(known, capture_output=True).stdout == b""
    registry.faults.clear()
    project.build(None)

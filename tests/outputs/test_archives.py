"""Images as archives and layouts: what other tools expect to find in them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest

from rootbuild.image.config import ImageConfig, render_config
from rootbuild.image.platform import Platform
from rootbuild.outputs.annotations import chosen
from rootbuild.outputs.archive import Archive
from rootbuild.outputs.image import write_image
from rootbuild.outputs.images import write_archive
from rootbuild.outputs.layers import Image
from rootbuild.outputs.request import Annotation, ArchiveOutput, Compression, Form
from rootbuild.outputs.whole import Part
from tests.outputs.layers import archive, stored

NAMES = ("docker.io/library/x:1", "localhost:5000/team/x:latest")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    layers = (
        stored(archive(("a", b"content" * 1000), ("d/", b"")), tmp_path / "one"),
        stored(archive(("b", b"")), tmp_path / "two"),
    )
    config = render_config(
        ImageConfig(diff_ids=tuple(layer.diff_id for layer in layers)), "2020-01-01T00:00:00Z"
    )
    return Image(hashlib.sha256(config).hexdigest(), config, layers)


def _contents(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        found = {}
        for member in tar:
            stream = tar.extractfile(member)
            if stream is not None:
                found[member.name] = stream.read()
    for name, data in found.items():
        if name.startswith("blobs/"):
            assert name == f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"
    return found


def _manifest(found: dict[str, bytes]) -> dict[str, Any]:
    digest = json.loads(found["index.json"])["manifests"][0]["digest"]
    content: dict[str, Any] = json.loads(found["blobs/" + digest.replace(":", "/")])
    return content


def _layers(found: dict[str, bytes]) -> list[bytes]:
    return [
        found["blobs/" + layer["digest"].replace(":", "/")] for layer in _manifest(found)["layers"]
    ]


def test_for_docker(image: Image, tmp_path: Path) -> None:
    descriptor = write_archive([Part(image)], ArchiveOutput("docker", tmp_path / "x.tar"), NAMES)
    found = _contents(tmp_path / "x.tar")
    (entry,) = json.loads(found["manifest.json"])
    assert entry["RepoTags"] == ["docker.io/library/x:1", "localhost:5000/team/x:latest"]
    assert found[entry["Config"]] == image.config
    assert [len(found[name]) for name in entry["Layers"]] == [each.size for each in image.layers]
    index = json.loads(found["index.json"])["manifests"]
    assert {each["digest"] for each in index} == {descriptor.digest}
    assert [each["annotations"]["io.containerd.image.name"] for each in index] == list(NAMES)
    assert [each["annotations"]["org.opencontainers.image.ref.name"] for each in index] == [
        "1", "latest",
    ]  # fmt: skip
    assert _manifest(found)["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert json.loads(found["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}


@pytest.mark.parametrize("kind", ["uncompressed", "gzip", "zstd"])
def test_an_output_that_can_only_be_appended_to(
    image: Image, tmp_path: Path, kind: Compression
) -> None:
    """The archive is the same, whether or not we can go back in it."""
    form = Form(kind, oci=True)
    write_archive([Part(image)], ArchiveOutput("oci", tmp_path / "x.tar", form=form), NAMES[:1])
    whole = (tmp_path / "x.tar").read_bytes()
    taken = io.BytesIO()
    reading, writing = os.pipe()
    thread = threading.Thread(target=lambda: taken.write(os.fdopen(reading, "rb").read()))
    thread.start()
    from rootbuild.outputs.images import entries

    with os.fdopen(writing, "wb") as stream:
        target = Archive(stream.fileno())
        document = write_image(target, image, form, "gzip")
        target.finish(entries(document, [Part(image)], form, NAMES[:1]))
    thread.join()
    assert taken.getvalue() == whole
    appended = tmp_path / "appended"
    appended.write_bytes(b"before")
    with appended.open("ab") as stream:
        target = Archive(stream.fileno())
        document = write_image(target, image, form, "gzip")
        target.finish(entries(document, [Part(image)], form, NAMES[:1]))
    assert appended.read_bytes() == b"before" + whole


def test_compressed_layers(image: Image, tmp_path: Path) -> None:
    form = Form("gzip", 9)
    write_archive([Part(image)], ArchiveOutput("docker", tmp_path / "x.tar", form=form), NAMES)
    found = _contents(tmp_path / "x.tar")
    types = {layer["mediaType"] for layer in _manifest(found)["layers"]}
    assert types == {"application/vnd.docker.image.rootfs.diff.tar.gzip"}
    assert [
        f"sha256:{hashlib.sha256(gzip.decompress(data)).hexdigest()}" for data in _layers(found)
    ] == [layer.diff_id for layer in image.layers]
    loadable = json.loads(found["manifest.json"])[0]["Layers"]
    assert [found[name] for name in loadable] == _layers(found)


@pytest.mark.parametrize(
    "form", [Form("zstd"), Form(annotations=(Annotation("manifest", "a", "b"),))]
)
def test_what_docker_has_no_types_for(image: Image, tmp_path: Path, form: Form) -> None:
    write_archive([Part(image)], ArchiveOutput("docker", tmp_path / "x.tar", form=form), NAMES)
    manifest = _manifest(_contents(tmp_path / "x.tar"))
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert manifest["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    assert manifest.get("annotations", {}) == ({"a": "b"} if form.annotations else {})


def test_annotations_by_place_and_platform(image: Image, tmp_path: Path) -> None:
    given = (
        Annotation("manifest", "a", "first"),
        Annotation("manifest", "a", "last"),
        Annotation("manifest", "arm", "1", "linux/arm64"),
        Annotation("manifest", "amd", "1", "linux/amd64"),
        Annotation("manifest-descriptor", "d", "1"),
    )
    assert chosen(given, "manifest", Platform("linux", "amd64")) == (("a", "last"), ("amd", "1"))
    output = ArchiveOutput("oci", tmp_path / "x.tar", form=Form(annotations=given))
    write_archive([Part(image)], output, NAMES[:1])
    (entry,) = json.loads(_contents(tmp_path / "x.tar")["index.json"])["manifests"]
    assert entry["annotations"]["d"] == "1"
    assert "a" not in entry["annotations"]


def _index(folder: Path) -> dict[str, str]:
    found = json.loads((folder / "index.json").read_bytes())["manifests"]
    return {
        each.get("annotations", {}).get("org.opencontainers.image.ref.name", ""): each["digest"]
        for each in found
    }


def test_a_layout_holds_several_images(image: Image, tmp_path: Path) -> None:
    place = tmp_path / "layout"
    first = write_archive([Part(image)], ArchiveOutput("oci", place, True), ["localhost/x:1"])
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*") if path.is_file()}
    form = Form(annotations=(Annotation("manifest", "a", "b"),))
    output = ArchiveOutput("oci", place, True, form=form)
    second = write_archive([Part(image)], output, ["localhost/x:2"])
    assert _index(place) == {"1": first.digest, "2": second.digest}
    for layer in image.layers:  # which were there already
        blob = place / "blobs" / layer.diff_id.replace(":", "/")
        assert blob.stat().st_mtime_ns == before[blob]
    write_archive([Part(image)], ArchiveOutput("oci", place, True), ["localhost/x:2"])
    assert _index(place) == {"1": first.digest, "2": first.digest}
    assert not list(place.glob(".*"))
    for path in (place / "blobs/sha256").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def test_tar_can_read_it(image: Image, tmp_path: Path) -> None:
    write_archive([Part(image)], ArchiveOutput("oci", tmp_path / "x.tar"), NAMES)
    listed = subprocess.run(
        ["tar", "-tf", str(tmp_path / "x.tar")], capture_output=True, check=True, text=True
    )
    assert listed.stderr == ""
    assert "index.json" in listed.stdout.splitlines()

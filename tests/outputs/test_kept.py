"""In which form images of the store go out again."""

from __future__ import annotations

import json

import pytest

from rootbuild.outputs.kept import kept_form, kept_index, made_here
from rootbuild.outputs.request import Annotation, Form

OCI = {"config": {"mediaType": "application/vnd.oci.image.config.v1+json"}}


def test_an_image_with_annotations() -> None:
    manifest = json.dumps({**OCI, "annotations": {"a": "b"}}).encode()
    assert kept_form(manifest) == Form(oci=True, annotations=(Annotation("manifest", "a", "b"),))


@pytest.mark.parametrize("manifest", [None, b"", b"{", b"[]", b'{"config": 1}', b"{}"])
def test_a_manifest_that_says_nothing(manifest: bytes | None) -> None:
    assert kept_form(manifest) == Form(oci=False)


@pytest.mark.parametrize(
    ("layer", "here"),
    [
        ("application/vnd.docker.image.rootfs.diff.tar", True),
        ("application/vnd.oci.image.layer.v1.tar", True),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", False),
        ("application/vnd.oci.image.layer.v1.tar+zstd", False),
    ],
)
def test_manifests_of_registries_have_compressed_layers(layer: str, here: bool) -> None:
    assert made_here(json.dumps({"layers": [{"mediaType": layer}]}).encode()) is here


@pytest.mark.parametrize("manifest", [None, b"{", b"{}", b'{"layers": 1}', b'{"layers": [1]}'])
def test_a_manifest_that_is_not_known_may_be_of_a_registry(manifest: bytes | None) -> None:
    assert not made_here(manifest)


def test_an_index_with_annotations() -> None:
    arm = {"os": "linux", "architecture": "arm", "variant": "v7"}
    manifest = {
        "manifests": [{"annotations": {"c": "d"}, "platform": arm}, {"annotations": {"e": "f"}}, 1],
        "annotations": {"a": "b"},
    }
    forms = {
        "linux/amd64": Form(oci=True, annotations=(Annotation("manifest", "g", "h"),)),
        "linux/arm/v7": Form(oci=False),
    }
    assert kept_index(json.dumps(manifest).encode(), forms) == Form(
        oci=False,
        annotations=(
            Annotation("index", "a", "b"),
            Annotation("manifest-descriptor", "c", "d", "linux/arm/v7"),
            Annotation("manifest", "g", "h", "linux/amd64"),
        ),
    )
    assert kept_index(b'{"manifests": 1}', {}).annotations == ()

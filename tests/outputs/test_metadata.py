"""What a build tells of its result."""

from __future__ import annotations

from rootbuild.image.manifest import OCI_INDEX, Descriptor
from rootbuild.outputs.metadata import Told, metadata

REF = {"buildx.build.ref": "default/default/x"}
IMAGE = f"sha256:{'1' * 64}"


def told(media_type: str) -> dict[str, object]:
    manifest = Descriptor(media_type, "sha256:2", 3)
    found = metadata(Told(IMAGE[7:], manifest, ("r.io/x:1", "r.io/x:2")), "x")
    assert found.pop("containerimage.descriptor") == manifest.document()
    assert found.pop("image.name") == "r.io/x:1,r.io/x:2"
    return found


def test_an_image_of_the_store() -> None:
    digests = {"containerimage.digest": IMAGE, "containerimage.config.digest": IMAGE}
    assert metadata(Told(IMAGE[7:]), "x") == REF | digests
    assert metadata(Told(), "x") == REF


def test_a_manifest_that_went_out() -> None:
    found = told("application/vnd.oci.image.manifest.v1+json")
    digests = {"containerimage.digest": "sha256:2", "containerimage.config.digest": IMAGE}
    assert found == REF | digests


def test_an_index_has_no_config() -> None:
    assert told(OCI_INDEX) == REF | {"containerimage.digest": "sha256:2"}

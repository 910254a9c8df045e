"""Attestations as an image index holds them."""

import json
from hashlib import sha256

from rootbuild.attest.manifest import Blob, attach
from rootbuild.attest.statement import Attestation, Subject, statement

IMAGE = f"sha256:{'a' * 64}"
SUBJECT = Subject("pkg:docker/app@1?platform=linux%2Famd64", IMAGE)
SBOM = Attestation("https://spdx.dev/Document", {"SPDXID": "SPDXRef-DOCUMENT"}, "sbom.spdx.json")
BUILD = Attestation("https://slsa.dev/provenance/v1", {"runDetails": {}}, "provenance.json")


def test_a_statement_names_what_it_is_about() -> None:
    assert json.loads(statement(SBOM, [SUBJECT])) == {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": "https://spdx.dev/Document",
        "subject": [
            {"name": "pkg:docker/app@1?platform=linux%2Famd64", "digest": {"sha256": "a" * 64}}
        ],
        "predicate": {"SPDXID": "SPDXRef-DOCUMENT"},
    }


def test_the_index_says_which_image_it_is_about() -> None:
    assert attach([SBOM], [SUBJECT], IMAGE).annotations == {
        "vnd.docker.reference.digest": IMAGE,
        "vnd.docker.reference.type": "attestation-manifest",
    }


def test_the_manifest_has_a_layer_for_each_attestation() -> None:
    attached = attach([SBOM, BUILD], [SUBJECT], IMAGE)
    manifest = json.loads(attached.manifest.data)
    blobs = {blob.digest: blob for blob in attached.blobs}
    layers = manifest["layers"]
    assert [layer["annotations"]["in-toto.io/predicate-type"] for layer in layers] == [
        "https://spdx.dev/Document",
        "https://slsa.dev/provenance/v1",
    ]
    for descriptor in (manifest["config"], *layers):
        blob = blobs.pop(descriptor["digest"])
        assert (blob.media_type, len(blob.data)) == (descriptor["mediaType"], descriptor["size"])
    assert blobs == {}
    config = json.loads(attached.blobs[0].data)
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in layers]


def test_a_digest_is_that_of_the_bytes() -> None:
    assert Blob("text/plain", b"abc").digest == f"sha256:{sha256(b'abc').hexdigest()}"

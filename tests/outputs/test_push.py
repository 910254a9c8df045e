"""Pushes to a registry that is in trouble: gone on with, or nothing half there."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from rootbuild.errors import HostError, RegistryError
from rootbuild.image.config import ImageConfig, render_config
from rootbuild.image.reference import parse
from rootbuild.outputs.image import write_image
from rootbuild.outputs.layers import Image
from rootbuild.outputs.registry import Remote
from rootbuild.outputs.request import Form
from rootbuild.registry.client import Registries
from rootbuild.storage.contents import StoredLayer
from rootbuild.web.patience import Patience
from tests.outputs.layers import archive, stored
from tests.registryserver import FaultyRegistry, hang_up_upload, status

CONTENT = os.urandom(400_000)


class Notes(dict[str, str]):
    """What is remembered about blobs."""

    def put(self, key: str, value: str) -> None:
        self[key] = value


class Pusher:
    """Pushes an image of two layers under the tag `1`; `told` is what was said meanwhile."""

    def __init__(self, folder: Path, faulty: FaultyRegistry) -> None:
        self.faulty = faulty
        self.layers: tuple[StoredLayer, ...] = (
            stored(archive(("a", CONTENT)), folder / "one"),
            stored(archive(("b", b"")), folder / "two"),
        )
        self.known = Notes()
        self.told: list[tuple[str, str]] = []
        self.pauses: list[float] = []

    @property
    def image(self) -> Image:
        diff_ids = tuple(layer.diff_id for layer in self.layers)
        config = render_config(ImageConfig(diff_ids=diff_ids), "2020-01-01T00:00:00Z")
        return Image(hashlib.sha256(config).hexdigest(), config, self.layers)

    def push(self, form: Form = Form(), sources: tuple[str, ...] = ()) -> str:  # noqa: B008
        patience = Patience(wait=self.pauses.append)
        place = Registries(patience, ()).writable(parse(f"{self.faulty.host}/x"))
        remote = Remote(
            place,
            lambda layer, text: self.told.append((layer, text)),
            self.known,
            lambda layer: sources,
        )
        document = write_image(remote, self.image, form, "gzip")
        remote.tag(document, ["1"])
        return document.descriptor.digest

    def pulled(self) -> list[bytes]:
        """The layers' archives as the registry has them under the tag."""
        manifest = json.loads(self.faulty.manifests["1"][1])
        assert self.faulty.blobs[manifest["config"]["digest"]] == self.image.config
        blobs = [self.faulty.blobs[layer["digest"]] for layer in manifest["layers"]]
        assert [len(blob) for blob in blobs] == [layer["size"] for layer in manifest["layers"]]
        return [gzip.decompress(b) if b[:2] == b"\x1f\x8b" else b for b in blobs]

    def right(self) -> bool:
        digests = [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in self.pulled()]
        return digests == [layer.diff_id for layer in self.layers]


@pytest.fixture
def pusher(tmp_path: Path, faulty: FaultyRegistry) -> Pusher:
    return Pusher(tmp_path, faulty)


@pytest.mark.parametrize("form", [Form(), Form("uncompressed"), Form(oci=True)])
def test_all_is_well(pusher: Pusher, form: Form) -> None:
    digest = pusher.push(form)
    assert pusher.right()
    media_type, body = pusher.faulty.manifests["1"]
    assert digest == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert ("oci" in media_type) == bool(form.oci)
    assert {text for _, text in pusher.told} == {"Preparing", "Pushing", "Pushed"}


def test_what_is_there_is_not_sent_again(pusher: Pusher) -> None:
    first = pusher.push()
    pusher.faulty.requests.clear()
    assert pusher.push() == first
    assert pusher.faulty.asked("PATCH", "uploads") == []
    assert {text for _, text in pusher.told[6:]} == {"Preparing", "Layer already exists"}


def test_the_manifest_comes_last(pusher: Pusher) -> None:
    pusher.push()
    order = [f"{method} {path}" for method, path, _ in pusher.faulty.requests if method == "PUT"]
    assert [bool(re.search("manifests", each)) for each in order] == [False] * 3 + [True] * 2
    assert order[-1] == "PUT /v2/x/manifests/1"


@pytest.mark.parametrize("form", [Form(), Form("uncompressed")])
def test_a_cut_connection(pusher: Pusher, form: Form) -> None:
    """The upload goes on, and what arrives is whole."""
    pusher.faulty.faults["PATCH uploads"] = [hang_up_upload(100_000), hang_up_upload(50_000)]
    pusher.push(form)
    assert pusher.right()


def test_an_upload_whose_digest_is_known_goes_on_where_it_was(pusher: Pusher) -> None:
    pusher.layers = pusher.layers[:1]
    pusher.faulty.faults["PATCH uploads"] = [hang_up_upload(100_000)]
    pusher.push(Form("uncompressed"))
    assert pusher.right()
    sent = [headers.get("Content-Range", "") for headers in pusher.faulty.asked("PATCH", "upload")]
    assert sent[1].startswith("100000-")


def test_too_many_requests(pusher: Pusher) -> None:
    pusher.faulty.faults["POST uploads"] = [status(429, Retry_After="7")]
    pusher.push()
    assert pusher.right()
    assert 7.0 in pusher.pauses


@pytest.mark.parametrize(
    ("fault", "id"),
    [(status(401), "registry-denied"), (status(403), "registry-denied"),
     (status(500), "registry-failed"), (status(429), "registry-limited")],
)  # fmt: skip
@pytest.mark.parametrize("request_", ["POST uploads", "PATCH uploads", "PUT uploads", "PUT manif"])
def test_nothing_is_half_there(pusher: Pusher, request_: str, fault: object, id: str) -> None:
    pusher.faulty.faults[request_] = [fault] * 20  # type: ignore[list-item]
    with pytest.raises(RegistryError) as caught:
        pusher.push()
    assert caught.value.id == id
    assert pusher.faulty.manifests == {}


def test_a_registry_that_is_down(pusher: Pusher) -> None:
    pusher.faulty.host = "127.0.0.1:1"
    with pytest.raises(RegistryError) as caught:
        pusher.push()
    assert caught.value.id == "registry-unreachable"
    assert "127.0.0.1:1" in caught.value.report.message


def test_a_layer_that_is_damaged(pusher: Pusher) -> None:
    (pusher.layers[0].folder / "a").write_bytes(CONTENT[::-1])
    with pytest.raises(HostError, match="its content has changed"):
        pusher.push()
    assert pusher.faulty.manifests == {}


def _with_blob(layer: StoredLayer, data: bytes) -> StoredLayer:
    """The layer as one that came compressed."""
    from dataclasses import replace

    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return replace(layer, compressed=digest, compressed_size=len(data), compression="gzip")


def test_layers_that_came_from_there_stay_as_they_came(pusher: Pusher) -> None:
    """Their digests stay, though we would compress them to others; `force` says that we do."""
    blob = gzip.compress(archive(("a", CONTENT)), mtime=0, compresslevel=1)
    pusher.faulty.add_blob(blob)
    pusher.layers = (_with_blob(pusher.layers[0], blob), pusher.layers[1])
    pusher.push()
    manifest = json.loads(pusher.faulty.manifests["1"][1])
    assert manifest["layers"][0]["digest"] == pusher.layers[0].compressed
    assert pusher.right()
    pusher.push(Form("uncompressed", force=True))
    assert json.loads(pusher.faulty.manifests["1"][1])["layers"][0]["digest"] == (
        pusher.layers[0].diff_id
    )


def test_layers_out_of_another_repository(pusher: Pusher) -> None:
    blob = gzip.compress(archive(("a", CONTENT)), mtime=0)
    pusher.layers = (_with_blob(pusher.layers[0], blob),)
    pusher.faulty.faults["POST mount="] = [_mount(pusher.faulty, blob)]
    pusher.push(sources=("base",))
    assert (pusher.layers[0].diff_id, "Mounted from base") in pusher.told
    assert pusher.right()


def _mount(faulty: FaultyRegistry, blob: bytes):  # type: ignore[no-untyped-def]
    def answer(handler) -> bool:  # type: ignore[no-untyped-def]
        assert "from=base" in handler.path
        faulty.add_blob(blob)
        handler.reply(201)
        return True

    return answer

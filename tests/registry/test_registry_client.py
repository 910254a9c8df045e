from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from rootbuild.errors import RegistryError
from rootbuild.image.reference import parse
from rootbuild.registry.client import OCI_MANIFEST, Registries, Repository
from rootbuild.registry.uploads import Content, content_of_bytes, content_of_file
from rootbuild.web.patience import Patience
from tests.registryserver import (
    PASSWORD,
    USER,
    FaultyRegistry,
    RegistryServer,
    basic,
    cut,
    hang_up_upload,
    registry_server,
    status,
)

BIG = os.urandom(1 << 20)


class Waits(list[float]):
    """How long was waited, without waiting."""

    def patience(self, attempts: int = 4) -> Patience:
        return Patience(attempts, 0.5, 5.0, self.append)

    @property
    def long(self) -> list[float]:
        return [each for each in self if each]


def repository(host: str, waits: Waits | None = None, name: str = "some/repo") -> Repository:
    patience = (waits if waits is not None else Waits()).patience()
    return Registries(patience, rules=()).writable(parse(f"{host}/{name}"))


def manifest_of(config: str) -> bytes:
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": config,
                "size": 2,
            },
            "layers": [],
        }
    ).encode()


def test_what_is_written_is_read_again(real: RegistryServer, home: Path, tmp_path: Path) -> None:
    there = repository(real.host)
    file = tmp_path / "layer"
    file.write_bytes(BIG)
    sent = there.put_blob(content_of_file(file))
    assert sent.digest == f"sha256:{hashlib.sha256(BIG).hexdigest()}"
    assert there.blob_size(sent.digest) == sent.size == len(BIG)
    got = tmp_path / "got"
    there.save_blob(sent.digest, got)
    assert got.read_bytes() == BIG
    config = there.put_blob(content_of_bytes(b"{}"))
    digest = there.put_manifest("v1", manifest_of(config.digest), OCI_MANIFEST)
    found, described = there.manifest("v1"), there.describe("v1")
    assert found is not None
    assert described is not None
    assert (found.digest, found.media_type, found.body) == (
        digest,
        OCI_MANIFEST,
        manifest_of(config.digest),
    )
    assert (described.digest, described.size) == (digest, len(found.body))
    assert there.manifest(digest) == found


def test_what_is_not_there(real: RegistryServer, home: Path) -> None:
    there = repository(real.host)
    absent = f"sha256:{'0' * 64}"
    assert there.manifest("none") is None
    assert there.describe("none") is None
    assert there.blob_size(absent) is None
    with pytest.raises(RegistryError) as caught:
        b"".join(there.read_blob(absent))
    assert caught.value.id == "registry-not-found"


@pytest.mark.parametrize("data", [b"", b"x" * 600_000])
def test_a_stream_of_unknown_length(real: RegistryServer, home: Path, data: bytes) -> None:
    def pieces(at: int) -> Iterator[bytes]:
        for start in range(at, len(data), 100_000):
            yield data[start : start + 100_000]

    there = repository(real.host)
    sent = there.put_blob(Content(pieces))
    assert sent.size == len(data)
    assert b"".join(there.read_blob(sent.digest, sent.size)) == data


def test_a_blob_is_mounted_from_another_repository(real: RegistryServer, home: Path) -> None:
    first, second = repository(real.host), repository(real.host, name="other")
    digest = first.put_blob(content_of_bytes(b"shared")).digest
    assert second.blob_size(digest) is None
    assert second.mount(digest, "some/repo")
    assert second.blob_size(digest) == len(b"shared")
    assert not second.mount(f"sha256:{'1' * 64}", "some/repo")


def test_a_name_and_a_password(home: Path, tmp_path: Path) -> None:
    with registry_server(tmp_path / "closed", closed=True) as server:
        with pytest.raises(RegistryError) as caught:
            repository(server.host).blob_size(f"sha256:{'0' * 64}")
        assert caught.value.id == "registry-denied"
        assert "rootbuild login" in caught.value.report.hint
        write_auth(home, server.host, USER, "wrong")
        with pytest.raises(RegistryError) as caught:
            repository(server.host).put_blob(content_of_bytes(b"x"))
        assert caught.value.id == "registry-denied"
        write_auth(home, server.host, USER, PASSWORD)
        sent = repository(server.host).put_blob(content_of_bytes(b"x"))
        assert repository(server.host).blob_size(sent.digest) == 1


def write_auth(home: Path, host: str, user: str, secret: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    auth = base64.b64encode(f"{user}:{secret}".encode()).decode()
    (home / ".docker/config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))


def challenge(faulty: FaultyRegistry, path: str = "/token") -> None:
    """The registry wants tokens, which it gives by itself."""
    realm = f'Bearer realm="http://{faulty.host}{path}",service="here",scope="x"'
    closed = status(401, WWW_Authenticate=realm)

    def guard(handler: BaseHTTPRequestHandler) -> bool:
        if handler.headers.get("Authorization") != "Bearer t0ken":
            return closed(handler)
        return False

    def give(handler: BaseHTTPRequestHandler) -> bool:
        body = b'{"token": "t0ken", "expires_in": 300}'
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    faulty.faults["GET /token"] = [give] * 9
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH"):
        faulty.faults[f"{method} ^/v2/."] = [guard] * 99


def test_tokens_are_asked_for_once(faulty: FaultyRegistry, home: Path) -> None:
    challenge(faulty)
    write_auth(home, faulty.host, "me", "pass")
    digest = faulty.add_blob(b"data")
    there = repository(faulty.host)
    assert b"".join(there.read_blob(digest)) == b"data"
    assert there.blob_size(digest) == 4
    (asked,) = faulty.asked("GET", "^/token")
    assert asked["Authorization"] == basic("me", "pass")
    assert faulty.asked("GET", "scope=repository%3Asome%2Frepo%3Apull&account=me")


def test_a_token_server_elsewhere_without_tls_gets_no_password(
    faulty: FaultyRegistry, home: Path
) -> None:
    realm = 'Bearer realm="http://tokens.example/token",service="here"'
    faulty.faults["HEAD /blobs/"] = [status(401, WWW_Authenticate=realm)]
    write_auth(home, faulty.host, "me", "pass")
    there = repository(faulty.host)
    with pytest.raises(RegistryError, match="not HTTPS"):
        there.blob_size(f"sha256:{'0' * 64}")


def test_a_registry_that_is_too_busy_is_asked_again(faulty: FaultyRegistry) -> None:
    digest = faulty.add_blob(b"data")
    faulty.faults["HEAD /blobs/"] = [status(429, Retry_After="7"), status(503)]
    waits = Waits()
    assert repository(faulty.host, waits).blob_size(digest) == 4
    assert waits.long == [7.0, 1.0]


@pytest.mark.parametrize(("code", "name"), [(429, "registry-limited"), (502, "registry-failed")])
def test_patience_ends(faulty: FaultyRegistry, code: int, name: str) -> None:
    faulty.faults["GET /manifests/"] = [status(code)] * 9
    with pytest.raises(RegistryError) as caught:
        repository(faulty.host).manifest("latest")
    assert caught.value.id == name
    assert len(faulty.asked("GET", "/manifests/")) == 4


def test_a_download_goes_on_where_it_was_cut(faulty: FaultyRegistry) -> None:
    digest = faulty.add_blob(BIG)
    faulty.faults["GET /blobs/"] = [cut(BIG, 300_000)]
    got = b"".join(repository(faulty.host).read_blob(digest))
    assert got == BIG
    first, second = faulty.asked("GET", "/blobs/")
    assert "Range" not in first
    assert 0 < int(second["Range"].removeprefix("bytes=").rstrip("-")) <= 300_000


def test_what_is_cut_always_fails(faulty: FaultyRegistry, tmp_path: Path) -> None:
    digest = faulty.add_blob(BIG)
    faulty.faults["GET /blobs/"] = [cut(BIG, 0)] * 9
    with pytest.raises(RegistryError) as caught:
        repository(faulty.host).save_blob(digest, tmp_path / "blob")
    assert caught.value.id == "registry-unreachable"
    assert not list(tmp_path.glob("*blob*"))


def test_other_content_is_refused(faulty: FaultyRegistry, tmp_path: Path) -> None:
    digest = faulty.add_blob(b"right")
    faulty.blobs[digest] = b"wrong"
    there = repository(faulty.host)
    with pytest.raises(RegistryError) as caught:
        there.save_blob(digest, tmp_path / "blob")
    assert caught.value.id == "registry-digest"
    assert not list(tmp_path.glob("*blob*"))
    faulty.blobs[digest] = b"right and much more"
    with pytest.raises(RegistryError, match="too big"):
        b"".join(there.read_blob(digest, 5))
    faulty.manifests[digest] = (OCI_MANIFEST, b"{}")
    with pytest.raises(RegistryError) as caught:
        there.manifest(digest)
    assert caught.value.id == "registry-digest"


def test_an_upload_goes_on_where_it_was_cut(faulty: FaultyRegistry, tmp_path: Path) -> None:
    file = tmp_path / "layer"
    file.write_bytes(BIG)
    faulty.faults["PATCH /uploads/"] = [hang_up_upload(200_000)]
    known = replace(content_of_file(file), digest=f"sha256:{hashlib.sha256(BIG).hexdigest()}")
    sent = repository(faulty.host).put_blob(known)
    assert faulty.blobs[sent.digest] == BIG
    assert [each.get("Content-Range") for each in faulty.asked("PATCH", "/uploads/")] == [
        None,
        f"200000-{len(BIG) - 1}",
    ]


def test_an_upload_begins_anew_where_the_registry_forgot(faulty: FaultyRegistry) -> None:
    faulty.faults["PATCH /uploads/"] = [hang_up_upload(200_000)]
    faulty.faults["GET /uploads/"] = [status(404)]
    sent = repository(faulty.host).put_blob(content_of_bytes(BIG))
    assert faulty.blobs[sent.digest] == BIG
    assert len(faulty.asked("POST", "/uploads/")) == 2


def test_nobody_listens(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(RegistryError) as caught:
        repository(host).manifest("latest")
    assert caught.value.id == "registry-unreachable"
    assert host in str(caught.value)


def test_a_server_named_by_another_gets_no_credentials(
    faulty: FaultyRegistry, real: RegistryServer, home: Path
) -> None:
    """Uploads may be sent elsewhere; here it is another server, which then refuses them."""
    write_auth(home, faulty.host, "me", "pass")
    closed = status(401, WWW_Authenticate='Basic realm="x"')
    away = status(202, Location=f"http://{real.host}/v2/some/repo/blobs/uploads/none")
    faulty.faults["POST /uploads/"] = [closed, away]
    with pytest.raises(RegistryError):
        repository(faulty.host).put_blob(content_of_bytes(b"x"))
    assert faulty.asked("POST", "/uploads/")[1]["Authorization"] == basic("me", "pass")

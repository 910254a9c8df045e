"""`buildx imagetools` and `manifest inspect` against a real registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rootbuild.cli import main
from rootbuild.image.reference import parse
from rootbuild.registry.client import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Registries,
    digest_of,
)
from rootbuild.registry.uploads import content_of_bytes
from tests.registryserver import RegistryServer, registry_server


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with registry_server(tmp_path_factory.mktemp("imagetools")) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("DOCKER_CONFIG", "XDG_CONFIG_HOME", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def push(name: str, architecture: str, kind: str = OCI_MANIFEST, **more: Any) -> str:
    """Push a small image; gives its digest."""
    repository = Registries().writable(parse(name))
    config = {"os": "linux", "architecture": architecture, "config": {"Labels": {"of": name}}}
    parts = [json.dumps(config).encode(), f"layer of {architecture}".encode()]
    blobs = [repository.put_blob(content_of_bytes(data)) for data in parts]
    described = [{"mediaType": "application/x", "digest": b.digest, "size": b.size} for b in blobs]
    document = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": described[0],
        "layers": [{**described[1], **more}],
    }
    body = json.dumps(document).encode()
    return repository.put_manifest(parse(name).tag or digest_of(body), body, kind)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    status = main.main([*words])
    out, err = capsys.readouterr()
    assert status == 0, err
    return out


def fail(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main.main([*words]) == 1
    return capsys.readouterr().err


def test_an_index_is_made_copied_and_looked_at(
    registry: RegistryServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    amd = push(f"{registry.host}/one:amd", "amd64")
    arm = push(f"{registry.host}/two:arm", "arm64")
    name = f"{registry.host}/all:1"
    run(
        capsys, "buildx", "imagetools", "create", "-t", name,
        "--annotation", "index:who=me",
        "--annotation", "manifest-descriptor[linux/arm64]:only=arm",
        f"{registry.host}/one:amd", f"{registry.host}/two:arm",
    )  # fmt: skip
    raw = run(capsys, "buildx", "imagetools", "inspect", "--raw", name)
    index = json.loads(raw)
    assert index["mediaType"] == OCI_INDEX
    assert index["annotations"] == {"who": "me"}
    assert [m["digest"] for m in index["manifests"]] == [amd, arm]
    assert [m["platform"]["architecture"] for m in index["manifests"]] == ["amd64", "arm64"]
    assert [m.get("annotations") for m in index["manifests"]] == [None, {"only": "arm"}]
    shown = run(capsys, "buildx", "imagetools", "inspect", name)
    assert shown.startswith(f"Name:      {name}\nMediaType: {OCI_INDEX}\nDigest:    sha256:")
    assert f"  Name:        {name}@{arm}\n" in shown
    assert "  Platform:    linux/arm64\n" in shown
    form = "{{json .Image}}"
    configs = json.loads(run(capsys, "buildx", "imagetools", "inspect", "--format", form, name))
    assert configs["linux/amd64"]["architecture"] == "amd64"
    digest = run(
        capsys, "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", name
    )
    assert digest == f"{digest_of(raw.encode())}\n"
    # The images came along: all that the index leads to is in its own repository.
    copied = Registries().manifest(parse(f"{registry.host}/all@{arm}"))
    assert copied is not None
    layer = json.loads(copied[1].body)["layers"][0]
    assert b"".join(copied[0].read_blob(layer["digest"])) == b"layer of arm64"


def test_append_and_descriptors(
    registry: RegistryServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"{registry.host}/append:1"
    first = push(name, "amd64", DOCKER_MANIFEST)
    second = push(f"{registry.host}/append:2", "arm", DOCKER_MANIFEST)
    said = {"digest": second, "platform": {"os": "linux", "architecture": "arm", "variant": "v6"}}
    (home / "descriptor.json").write_text(json.dumps(said))
    words = ("buildx", "imagetools", "create", "--append", "-t", name)
    dry = json.loads(run(capsys, *words, "--dry-run", "-f", str(home / "descriptor.json")))
    assert dry["mediaType"] == DOCKER_LIST
    assert dry["manifests"][1]["platform"]["variant"] == "v6"
    assert Registries().writable(parse(name)).describe("1").digest == first  # type: ignore[union-attr]
    run(capsys, *words, second)
    raw = json.loads(run(capsys, "buildx", "imagetools", "inspect", "--raw", name))
    assert [entry["digest"] for entry in raw["manifests"]] == [first, second]
    again = json.loads(run(capsys, "buildx", "imagetools", "create", "--dry-run", name))
    assert again == raw


def test_a_single_image(
    registry: RegistryServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"{registry.host}/single:1"
    digest = push(name, "amd64")
    assert f"Digest:    {digest}\n" in run(capsys, "buildx", "imagetools", "inspect", name)
    form = "{{.Image.Architecture}} {{.Manifest.Digest}}"
    said = run(capsys, "buildx", "imagetools", "inspect", "--format", form, name)
    assert said == f"amd64 {digest}\n"
    target = f"{registry.host}/other:copy"
    run(capsys, "buildx", "imagetools", "create", "--prefer-index=false", "-t", target, name)
    assert Registries().writable(parse(target)).describe("copy").digest == digest  # type: ignore[union-attr]
    made = json.loads(run(capsys, "buildx", "imagetools", "create", "--dry-run", name))
    assert [entry["digest"] for entry in made["manifests"]] == [digest]


def test_attestations_are_found(
    registry: RegistryServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"{registry.host}/attested"
    image = push(f"{name}:image", "amd64")
    repository = Registries().writable(parse(name))
    statement = {"predicateType": "https://slsa.dev/provenance/v0.2", "predicate": {"by": "us"}}
    blob = repository.put_blob(content_of_bytes(json.dumps(statement).encode()))
    config = repository.put_blob(content_of_bytes(b"{}"))
    kind = {"in-toto.io/predicate-type": statement["predicateType"]}
    body = json.dumps({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "x", "digest": config.digest, "size": config.size},
        "layers": [
            {"mediaType": "x", "digest": blob.digest, "size": blob.size, "annotations": kind}
        ],
    }).encode()  # fmt: skip
    attested = repository.put_manifest(digest_of(body), body, OCI_MANIFEST)
    about = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": image,
    }
    described = {
        "mediaType": OCI_MANIFEST, "digest": attested, "size": len(body), "annotations": about,
        "platform": {"os": "unknown", "architecture": "unknown"},
    }  # fmt: skip
    (home / "d.json").write_text(json.dumps(described))
    run(capsys, "buildx", "imagetools", "create", "-t", f"{name}:1", f"{name}:image",
        "-f", str(home / "d.json"))  # fmt: skip
    form = "{{json .Provenance}}"
    said = run(capsys, "buildx", "imagetools", "inspect", "--format", form, f"{name}:1")
    assert json.loads(said) == {"SLSA": {"by": "us"}}
    assert said.startswith('{\n  "SLSA"')
    form = "{{.Image.Architecture}}{{json .SBOM}}"
    said = run(capsys, "buildx", "imagetools", "inspect", "--format", form, f"{name}:1")
    assert said == "amd64{}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["create"], "no sources specified"),
        (["create", "HOST/x"], "can't push with no tags specified"),
        (["create", "--dry-run", "sha256:1"], "failed to parse source"),
        (["create", "--dry-run", "{}"], "failed to parse source"),
        (["create", "-t", "HOST/x", "--annotation", "a=b", "HOST/y"], "write index:a=b"),
        (["create", "--dry-run", "sha256:" + "0" * 64], "no repositories specified"),
        (["create", "-t", "HOST/x", "HOST/none"], "HOST/none:latest: not found"),
        (["inspect", "HOST/none"], "HOST/none:latest: not found"),
        (["inspect", "--raw", "--format", "json", "HOST/none"], "cannot be used together"),
    ],
)
def test_mistakes(
    words: list[str],
    message: str,
    registry: RegistryServer,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [word.replace("HOST", registry.host) for word in words]
    said = fail(capsys, "buildx", "imagetools", *words)
    assert message.replace("HOST", registry.host) in said


@pytest.mark.parametrize(
    "document",
    [
        "[]",
        '{"manifests": 5}',
        '{"manifests": [{"digest": "../../etc", "size": 1}]}',
        '{"manifests": [{"digest": "sha256:' + "0" * 64 + '", "size": -1}]}',
        "{" * 5000,
    ],
)
def test_manifests_that_are_none(document: str) -> None:
    from rootbuild.errors import RegistryError
    from rootbuild.imagetools import documents

    with pytest.raises(RegistryError):
        documents.entries(documents.read(document.encode()), "manifests")

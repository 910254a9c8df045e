"""Outputs with more than one image in them: several platforms, and what is attested of them."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rootbuild.image.platform import Platform, build_platform
from rootbuild.image.reference import parse
from rootbuild.registry.client import Registries
from tests.build.builds import Project
from tests.program import lines
from tests.registryserver import RegistryServer, registry_server

pytestmark = pytest.mark.engine

HERE = build_platform()
FOREIGN = Platform("linux", "riscv64" if HERE.architecture == "arm64" else "arm64")
BOTH = f"--platform={HERE},{FOREIGN}"
STATUS = "Package: hello\nStatus: install ok installed\nVersion: 1.2-3\nArchitecture: all\n"
TEXT = """\
FROM scratch
ARG TARGETARCH
COPY <<arch /arch
$TARGETARCH
arch
COPY status /var/lib/dpkg/status
"""


@pytest.fixture
def context(project: Project) -> Project:
    project.write("status", STATUS)
    project.write("Dockerfile", TEXT)
    return project


class Contents:
    """The documents of an OCI archive, by digest; `index` is what index.json names."""

    def __init__(self, archive: Path) -> None:
        with tarfile.open(archive) as opened:
            self.blobs = {
                f"sha256:{Path(member.name).name}": data.read()
                for member in opened
                if member.name.startswith("blobs/") and (data := opened.extractfile(member))
            }
            top = opened.extractfile("index.json")
            assert top is not None
            self.index = json.load(top)
        for digest, content in self.blobs.items():
            assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"

    def document(self, descriptor: dict[str, Any]) -> Any:
        data = self.blobs[descriptor["digest"]]
        assert descriptor["size"] == len(data)
        return json.loads(data)


def test_an_archive_of_several_platforms_with_attestations(context: Project) -> None:
    archive = context.folder.parent / "x.tar"
    metadata = context.folder.parent / "metadata.json"
    context.build(
        None,
        BOTH,
        "--provenance=mode=max",
        "--sbom=true",
        f"--metadata-file={metadata}",
        f"--output=type=oci,dest={archive}",
    )
    found = Contents(archive)
    (top,) = found.index["manifests"]
    assert json.loads(metadata.read_text())["containerimage.digest"] == top["digest"]
    entries = found.document(top)["manifests"]
    images, attached = entries[:2], entries[2:]
    architectures = [HERE.architecture, FOREIGN.architecture]
    assert [entry["platform"]["architecture"] for entry in images] == architectures
    assert [entry["platform"]["architecture"] for entry in attached] == ["unknown", "unknown"]
    for image, entry in zip(images, attached, strict=True):
        assert entry["annotations"] == {
            "vnd.docker.reference.digest": image["digest"],
            "vnd.docker.reference.type": "attestation-manifest",
        }
        provenance, sbom = (found.document(each) for each in found.document(entry)["layers"])
        for statement in (provenance, sbom):
            (subject,) = statement["subject"]
            assert f"sha256:{subject['digest']['sha256']}" == image["digest"]
            assert subject["name"].startswith(f"pkg:docker/{context.tag}@latest")
        assert provenance["predicateType"] == "https://slsa.dev/provenance/v1"
        definition = provenance["predicate"]["buildDefinition"]
        assert definition["externalParameters"]["configSource"] == {"path": "Dockerfile"}
        assert [package["name"] for package in sbom["predicate"]["packages"]][1:] == ["hello"]
        config = found.document(found.document(image)["config"])
        assert config["architecture"] == image["platform"]["architecture"]


def test_files_of_several_platforms(context: Project) -> None:
    place = context.folder.parent / "out"
    context.build(None, BOTH, "--provenance=true", "--sbom=true", f"--output={place}")
    for platform in (HERE, FOREIGN):
        folder = place / f"linux_{platform.architecture}"
        assert (folder / "arch").read_text() == f"{platform.architecture}\n"
        statement = json.loads((folder / "sbom.spdx.json").read_text())
        assert {each["name"]: each["digest"]["sha256"] for each in statement["subject"]} == {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in ("arch", "var/lib/dpkg/status")
        }
        assert json.loads((folder / "provenance.json").read_text())["predicateType"].endswith("v1")
    archive = context.folder.parent / "out.tar"
    context.build(None, BOTH, f"--output=type=tar,dest={archive}")
    with tarfile.open(archive) as opened:
        names = opened.getnames()
    assert f"linux_{FOREIGN.architecture}/arch" in names
    refused = context.build(None, BOTH, "-o", "type=docker,dest=/dev/null", check=False)
    assert "does not currently support exporting manifest lists" in refused.stderr


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RegistryServer]:
    with registry_server(tmp_path / "registry") as server:
        yield server


def test_a_push_of_several_platforms_with_attestations(
    context: Project, registry: RegistryServer
) -> None:
    name = f"{registry.host}/app:1"
    context.rootbuild(
        *("build", "-t", name, BOTH, "--provenance=true", "--push", str(context.folder))
    )
    raw = json.loads(context.rootbuild("buildx", "imagetools", "inspect", "--raw", name).stdout)
    found = [entry["platform"]["architecture"] for entry in raw["manifests"]]
    assert found == [HERE.architecture, FOREIGN.architecture, "unknown", "unknown"]
    # What is in the store goes out by itself as well, without what the store does not keep.
    again = f"{registry.host}/app:2"
    context.rootbuild("tag", name, again)
    context.rootbuild("push", again)
    raw = json.loads(context.rootbuild("buildx", "imagetools", "inspect", "--raw", again).stdout)
    found = [entry["platform"]["architecture"] for entry in raw["manifests"]]
    assert sorted(found) == sorted([HERE.architecture, FOREIGN.architecture])
    context.rootbuild("rmi", name, again)


def digest_in(registry: RegistryServer, name: str) -> str:
    """The digest that a name (`app:1`) has in the registry."""
    found = Registries().manifest(parse(f"{registry.host}/{name}"))
    assert found is not None
    return found[1].digest


@pytest.mark.parametrize("notes", [(), ("--annotation=foo=bar", "--annotation=index:x=y")])
def test_an_index_is_pushed_again_as_it_was(
    context: Project, registry: RegistryServer, notes: tuple[str, ...]
) -> None:
    name = f"{registry.host}/app:1"
    for platforms in (BOTH, f"--platform={FOREIGN},{HERE}"):
        context.rootbuild("build", "-t", name, platforms, *notes, "--push", str(context.folder))
        first = digest_in(registry, "app:1")
        said = context.rootbuild("push", name).stdout
        assert said.splitlines()[-1].startswith(f"1: digest: {first} ")
    context.rootbuild("rmi", name)


def test_names_of_one_image_keep_their_own_annotations(
    context: Project, registry: RegistryServer
) -> None:
    place = f"{registry.host}/app"
    digests = {}
    for tag, *notes in (("one", "--annotation=a=1"), ("plain",), ("two", "--annotation=a=2")):
        build = ("build", "-t", f"{place}:{tag}", *notes, "--push", str(context.folder))
        context.rootbuild(*build)
        digests[tag] = digest_in(registry, f"app:{tag}")
    assert len(set(digests.values())) == 3
    context.rootbuild("tag", f"{place}:one", f"{place}:other")
    context.rootbuild("push", "--all-tags", place)
    assert digest_in(registry, "app:other") == digests["one"]
    assert {tag: digest_in(registry, f"app:{tag}") for tag in digests} == digests
    # The name is given again, without any.
    context.rootbuild("build", "-t", f"{place}:one", str(context.folder))
    context.rootbuild("push", f"{place}:one")
    assert digest_in(registry, "app:one") == digests["plain"]
    context.rootbuild("rmi", *(f"{place}:{tag}" for tag in (*digests, "other")))


def test_what_is_told_of_an_index(context: Project, registry: RegistryServer) -> None:
    name = f"{registry.host}/app:1"
    metadata, iidfile = (context.folder.parent / each for each in ("metadata.json", "iid"))
    files = (f"--metadata-file={metadata}", f"--iidfile={iidfile}")
    context.rootbuild("build", "-t", name, BOTH, *files, "--push", str(context.folder))
    told, digest = json.loads(metadata.read_text()), digest_in(registry, "app:1")
    assert iidfile.read_text() == told["containerimage.digest"] == digest
    assert told["containerimage.descriptor"]["digest"] == digest
    assert "containerimage.config.digest" not in told
    # One that stays here is known by its digest, and found by its id.
    context.rootbuild("build", "-t", name, BOTH, *files, str(context.folder))
    told, identity = json.loads(metadata.read_text()), iidfile.read_text().strip()
    (index,) = json.loads("".join(lines("podman", "images", "--format=json", "--no-trunc", name)))
    assert index["Id"] == identity.partition(":")[2]
    raw = "".join(lines("podman", "manifest", "inspect", identity.partition(":")[2]))
    assert [each["platform"]["architecture"] for each in json.loads(raw)["manifests"]] == [
        HERE.architecture, FOREIGN.architecture,
    ]  # fmt: skip
    assert told["containerimage.digest"] == told["containerimage.descriptor"]["digest"] != digest
    assert "containerimage.config.digest" not in told
    context.rootbuild("rmi", name)


def test_digests_are_those_of_registries(context: Project, registry: RegistryServer) -> None:
    place = f"{registry.host}/app"
    rootbuild, folder = context.rootbuild, str(context.folder)

    def told(name: str) -> list[str]:
        shown = rootbuild("inspect", "--format={{json .RepoDigests}}", name).stdout
        listed = rootbuild("images", "--format={{.Digest}}", name).stdout.strip()
        found: list[str] = json.loads(shown)
        assert listed == (found[-1].partition("@")[2] if found else "<none>")
        return found

    for name, platforms in ((f"{place}:1", ()), (f"{place}:2", (BOTH,))):
        rootbuild("build", "-t", name, *platforms, folder)
        assert told(name) == []
    rootbuild("build", "-t", f"{place}:1", "--push", folder)
    pushed = f"{place}@{digest_in(registry, 'app:1')}"
    assert told(f"{place}:1") == [pushed]
    rootbuild("push", f"{place}:2")
    index = f"{place}@{digest_in(registry, 'app:2')}"
    assert told(f"{place}:2") == [index]
    assert "<none>" in rootbuild("images", "--all", "--digests").stdout
    rootbuild("rmi", f"{place}:1", f"{place}:2")
    rootbuild("image", "prune", "--force")
    rootbuild("pull", f"{place}:1")
    assert told(f"{place}:1") == [pushed]
    rootbuild("rmi", f"{place}:1")


def test_an_index_is_saved_with_all_its_images(context: Project) -> None:
    context.build(None, f"--platform={FOREIGN},{HERE}", "--annotation=foo=bar")
    archive = context.folder.parent / "saved.tar"
    context.rootbuild("save", "-o", str(archive), context.tag)
    found = Contents(archive)
    (top,) = found.index["manifests"]
    assert top["annotations"]["io.containerd.image.name"] == context.whole
    entries = found.document(top)["manifests"]
    architectures = [FOREIGN.architecture, HERE.architecture]
    assert [entry["platform"]["architecture"] for entry in entries] == architectures
    for entry, architecture in zip(entries, architectures, strict=True):
        manifest = found.document(entry)
        assert manifest["annotations"] == {"foo": "bar"}
        assert found.document(manifest["config"])["architecture"] == architecture
        assert all(layer["digest"] in found.blobs for layer in manifest["layers"])
    # Docker and podman take the image that is for this host.
    ids = [found.document(entry)["config"]["digest"].partition(":")[2] for entry in entries]
    with tarfile.open(archive) as opened:
        listed = opened.extractfile("manifest.json")
        assert listed is not None
        (loadable,) = json.load(listed)
    assert loadable["Config"] == f"blobs/sha256/{ids[1]}"
    assert loadable["RepoTags"] == [context.whole]
    context.rootbuild("rmi", context.tag)
    context.rootbuild("load", "-i", str(archive))
    assert context.id() == ids[1]


@pytest.mark.parametrize("note", ["qq=1", "qq=2"])
def test_what_was_loaded_is_saved_as_it_came(context: Project, note: str) -> None:
    came, saved = (context.folder.parent / name for name in ("came.tar", "saved.tar"))
    context.build(None, "--annotation=qq=1", f"--output=type=oci,dest={came}")
    context.build(None, f"--annotation={note}", "--output=type=image")
    context.rootbuild("load", "-i", str(came))
    context.rootbuild("save", "-o", str(saved), context.tag)
    digests = {
        entry["digest"] for each in (came, saved) for entry in Contents(each).index["manifests"]
    }
    assert len(digests) == 1


def test_the_store_keeps_no_attestations(context: Project) -> None:
    result = context.build(None, "--provenance=true")
    assert "WARN: the local store does not keep attestations" in result.stderr

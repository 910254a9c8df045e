"""What builds hand out, on real engines: archives, folders, names, digests."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine

TEXT = """\
FROM diamol/base
RUN echo hello >/greeting && chmod 4755 /greeting && ln -s greeting /link
"""


def load(archive: Path) -> str:
    said = subprocess.run(
        ["podman", "load", "--quiet", "-i", archive], check=True, capture_output=True, text=True
    )
    return said.stdout.split()[-1]


@pytest.mark.parametrize("kind", ["docker", "oci"])
def test_an_archive_is_loaded_again(project: Project, kind: str) -> None:
    archive = project.folder.parent / "x.tar"
    project.build(TEXT, f"--output=type={kind},dest={archive}", "--load")
    image = project.id()
    project.rootbuild("rmi", project.tag)
    assert load(archive) == f"{project.whole}"
    assert project.id() == image
    assert project.run("cat", "/link") == "hello\n"


def test_a_layout_is_read_by_others(project: Project) -> None:
    place = project.folder.parent / "layout"
    project.build(TEXT, f"--output=type=oci,tar=false,dest={place}")
    source = f"oci:{place}:latest"
    said = subprocess.run(
        ["skopeo", "inspect", "--config", source], check=True, capture_output=True, text=True
    )
    assert len(json.loads(said.stdout)["rootfs"]["diff_ids"]) == 2


def test_files_of_the_result(project: Project) -> None:
    place, text = project.folder.parent / "out", f"{TEXT}FROM scratch\nCOPY --from=0 /greeting /g\n"
    project.build(text, f"--output={place}")
    assert (place / "g").read_text() == "hello\n"
    assert (place / "g").stat().st_uid == os.getuid()
    assert (place / "g").stat().st_mode & 0o7777 == 0o4755
    (place / "old").touch()
    project.build(None, f"--output=type=local,dest={place},mode=delete")
    assert sorted(path.name for path in place.iterdir()) == ["g"]


def test_files_on_standard_output(project: Project) -> None:
    archive = project.folder.parent / "x.tar"
    project.write("Dockerfile", TEXT)
    command = [*project.rootbuild.program, "build", "-o", "-", str(project.folder)]
    with archive.open("wb") as stream:
        done = subprocess.run(command, stdout=stream, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr
    with tarfile.open(archive) as opened:
        assert opened.getmember("greeting").mode == 0o4755
        assert opened.getmember("link").linkname == "greeting"


def test_what_is_told_of_the_result(project: Project) -> None:
    metadata, archive = (project.folder.parent / name for name in ("m.json", "x.tar"))
    iidfile = project.folder.parent / "iid"
    project.build(
        TEXT,
        f"--metadata-file={metadata}",
        f"--iidfile={iidfile}",
        f"--output=type=oci,dest={archive}",
        "--load",
    )
    told = json.loads(metadata.read_text())
    assert told["containerimage.config.digest"] == iidfile.read_text() == f"sha256:{project.id()}"
    assert told["image.name"] == project.whole
    with tarfile.open(archive) as opened:
        name = told["containerimage.digest"].replace(":", "/")
        data = opened.extractfile(f"blobs/{name}")
        assert data is not None
        digest = hashlib.sha256(data.read()).hexdigest()
    assert told["containerimage.digest"] == f"sha256:{digest}"


def test_equal_content_gives_equal_digests(project: Project) -> None:
    """On another day, in another folder, on another engine, without a cache."""
    archives: list[bytes] = []
    for name, engine in (("one", "buildah"), ("two", "buildah"), ("three", "podman")):
        folder = project.folder.parent / name
        folder.mkdir()
        (folder / "Dockerfile").write_text(f"{TEXT}COPY file /file\n")
        (folder / "file").write_text("content")
        os.utime(folder / "file", (len(archives), len(archives)))
        archive = folder / "x.tar"
        output = f"type=oci,dest={archive},rewrite-timestamp=true"
        project.rootbuild(
            *("build", "--no-cache", "--layers=all", "--build-arg=SOURCE_DATE_EPOCH=1000000000"),
            *("-t", project.tag, "-o", output, str(folder)),
            env={"ROOTBUILD_ENGINE": engine},
        )
        archives.append(archive.read_bytes())
        time.sleep(1.1)  # so that files of both are not of the same second
    assert archives[0] == archives[1]
    assert archives[0] == archives[2]


def test_a_folder_that_cannot_be_written(project: Project) -> None:
    closed = project.folder.parent / "closed"
    closed.mkdir(mode=0o500)
    result = project.build(TEXT, f"--output={closed}/out", check=False)
    assert result.status == 1
    assert "Permission denied" in result.stderr or "permission denied" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_interrupted_export_leaves_nothing(project: Project) -> None:
    project.write("Dockerfile", TEXT)
    place = project.folder.parent / "out"
    command = [*project.rootbuild.program, "build", "-o", f"type=oci,dest={place}/x.tar"]
    place.mkdir()
    with subprocess.Popen([*command, str(project.folder)], stderr=subprocess.PIPE) as build:
        assert build.stderr is not None
        for line in build.stderr:
            if b"exporting to oci" in line:
                build.send_signal(signal.SIGINT)
                break
        build.stderr.read()
    left = [path.name for path in place.iterdir() if path.name != "x.tar"]
    assert left == []


def test_two_images_are_compared(project: Project) -> None:
    project.build(f"{TEXT}ENV a=1\nRUN echo one >/file && touch -d @1000 /file\n")
    first = project.id()
    project.build(f"{TEXT}ENV a=2\nRUN echo two >/file && touch -d @1000 /file && mkdir /new\n")
    said = project.rootbuild("image", "diff", first, project.tag, check=False)
    assert said.status == 1
    lines = said.stdout.splitlines()
    assert "~ config.config.Env[1] value: a=1 -> a=2" in lines
    assert any(line.startswith("~ /file content: sha256:") for line in lines)
    assert "+ /new folder" in lines
    assert not any("greeting" in line and " time:" not in line for line in lines)
    found = json.loads(
        project.rootbuild("image", "diff", "--format=json", first, project.tag, check=False).stdout
    )
    assert {"/file", "/new"} <= {each["what"] for each in found}
    assert project.rootbuild("image", "diff", first, first).stdout == ""
    subprocess.run(["podman", "rmi", first], check=True, capture_output=True)


def test_what_layers_have_added(project: Project) -> None:
    project.build("FROM diamol/base\nRUN head -c 3000000 /dev/zero >/large\n", "--layers=all")
    lines = project.rootbuild("image", "tree", project.tag).stdout.splitlines()
    assert any("RUN" in line and line.split()[0] in ("3MB", "3.0MB") for line in lines)
    assert any(line.split() == ["3MB", "/large"] for line in lines)

"""python-on-whales, with rootbuild as its docker."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from python_on_whales import DockerClient, DockerException
from python_on_whales.exceptions import NoSuchContainer, NoSuchImage, NoSuchVolume

from tests.program import Rootbuild

pytestmark = pytest.mark.engine

Client = Any  # its own types are unions that its arguments decide about

DOCKERFILE = """\
FROM diamol/base AS one
ARG A=1
RUN echo $A > /a
FROM one AS two
CMD ["cat", "/a"]
"""


@pytest.fixture
def docker(rootbuild: Rootbuild, monkeypatch: pytest.MonkeyPatch) -> Client:
    for name, value in rootbuild.environment().items():
        monkeypatch.setenv(name, value)
    return DockerClient(client_call=[sys.executable, "-m", "rootbuild"])


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return folder


@pytest.fixture
def container(docker: Client, unique: Callable[..., str]) -> Iterator[str]:
    name, volume = unique("c"), unique("v")
    docker.run(
        "diamol/base",
        ["sleep", "300"],
        detach=True,
        name=name,
        labels={"of": name},
        volumes=[(volume, "/data")],
        envs={"A": "b"},
    )
    yield name
    docker.container.remove(name, force=True, volumes=True)
    docker.volume.remove(volume)


def test_what_docker_is(docker: Client) -> None:
    server = docker.version().server
    assert int(str(server.version).split(".")[0]) >= 23
    assert int(str(server.api_version).split(".")[1]) >= 41
    assert "name=rootless" in (docker.system.info().security_options or [])
    df = docker.system.disk_free()
    assert df.images.total_count >= 3
    assert df.images.size > 1_000_000


def test_builders(docker: Client, unique: Callable[..., str]) -> None:
    assert docker.buildx.is_installed()
    assert "buildx" in docker.buildx.version()
    assert docker.buildx.inspect().driver == "docker"
    name = unique("builder")
    builder = docker.buildx.create(name=name, use=True)
    assert {b.name for b in docker.buildx.list()} == {"default", name}
    docker.buildx.stop(builder)
    docker.buildx.remove(builder)
    assert [b.name for b in docker.buildx.list()] == ["default"]
    with pytest.raises(DockerException, match="no builder"):
        docker.buildx.inspect(name)


def test_builds_and_images(
    docker: Client, context: Path, unique: Callable[..., str], tmp_path: Path
) -> None:
    name = f"{unique('img')}:1"
    first = docker.build(context, tags=name, build_args={"A": "2"}, labels={"a": "b"})
    assert docker.run(name, remove=True) == "2"
    assert first.config.labels["a"] == "b"
    assert docker.build(context, build_args={"A": "2"}, labels={"a": "b"}).id == first.id
    lines = list(docker.build(context, tags=name, target="one", stream_logs=True))
    assert any("writing image sha256:" in str(line) for line in lines)
    docker.build(context, tags=name, output={"type": "docker"})
    assert docker.legacy_build(context, tags=name).config.cmd == ["cat", "/a"]
    docker.save(name, output=tmp_path / "image.tar")
    docker.image.remove(name)
    assert not docker.image.exists(name)
    assert docker.load(tmp_path / "image.tar") == [name]
    assert docker.image.inspect(name).architecture in ("amd64", "arm64")
    assert name in [tag for i in docker.image.list() for tag in i.repo_tags]
    docker.image.copy_from(name, "/a", tmp_path / "a")
    assert (tmp_path / "a").read_text() == "1\n"
    docker.image.remove(name)
    with pytest.raises(NoSuchImage):
        docker.image.inspect(name)


def test_containers(
    docker: Client, container: str, unique: Callable[..., str], tmp_path: Path
) -> None:
    found = docker.container.inspect(container)
    assert found.state.status == "running"
    assert [str(mount.destination) for mount in found.mounts] == ["/data"]
    assert "A=b" in (found.config.env or [])
    assert [c.name for c in docker.ps(filters={"label": f"of={container}"})] == [container]
    assert found.execute(["sh", "-c", "echo $A"]) == "b"
    (tmp_path / "file").write_text("text")
    docker.copy(tmp_path / "file", (container, "/tmp"))
    assert found.diff()["/tmp"] == "C"
    assert docker.stats([container])[0].container_name == container
    image = f"{unique('committed')}:1"
    assert found.commit(image).repo_tags == [image]
    found.export(tmp_path / "all.tar")
    imported = f"{unique('imported')}:1"
    docker.import_(tmp_path / "all.tar", imported)
    assert docker.run(imported, ["cat", "/tmp/file"], remove=True) == "text"
    docker.image.remove([image, imported])
    docker.kill(container)
    assert docker.wait(container) == 137
    assert not docker.container.exists("no-such-container")
    with pytest.raises(NoSuchContainer):
        docker.container.inspect("no-such-container")
    happened = docker.system.events(
        since=timedelta(minutes=10), until=timedelta(0), filters={"container": container}
    )
    actions = [event.action for event in happened]
    assert {"create", "start", "die"} <= set(actions)


def test_networks_and_volumes(docker: Client, unique: Callable[..., str]) -> None:
    network = docker.network.create(unique("net"), labels={"a": "b"})
    assert (network.driver, network.labels) == ("bridge", {"a": "b"})
    assert network.ipam.config[0]["Subnet"]
    assert network.name in [n.name for n in docker.network.list()]
    name = unique("member")
    docker.run("diamol/base", ["sleep", "60"], detach=True, name=name, networks=[network])
    inspected = docker.network.inspect(network.name)
    assert [member.name for member in inspected.containers.values()] == [name]
    docker.container.remove(name, force=True)
    network.remove()
    assert not docker.network.exists(network.id)
    volume = docker.volume.create(unique("vol"), labels={"a": "b"})
    assert volume.labels == {"a": "b"}
    docker.volume.prune()
    assert docker.volume.exists(volume.name)
    volume.remove()
    with pytest.raises(NoSuchVolume):
        docker.volume.inspect(volume.name)


def test_system_prune_spares_what_is_in_use(docker: Client, container: str) -> None:
    docker.container.prune(filters={"label": f"of={container}"})
    docker.buildx.prune()
    assert docker.container.inspect(container).state.running


def test_templates(rootbuild: Rootbuild) -> None:
    said = rootbuild("version", "--format", "{{.Client.Os}}/{{.Server.APIVersion}}").stdout
    assert said == "linux/1.47\n"
    assert json.loads(rootbuild("info", "-f", "{{json .SecurityOptions}}").stdout)

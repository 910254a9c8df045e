"""Images of another platform on a real engine, from a real registry, their programs run by qemu."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rootbuild.host.elf import MACHINES, program
from rootbuild.image.platform import Platform, build_platform
from tests.build.builds import Project

pytestmark = pytest.mark.engine

# What scripts/host/emulation registers an emulator for, and the code of exit(7) there.
SEVEN = {
    "arm64": bytes.fromhex("e00080d2 a80b80d2 010000d4"),
    "riscv64": bytes.fromhex("13057000 9308d005 73000000"),
}
FOREIGN = Platform("linux", "riscv64" if build_platform().architecture == "arm64" else "arm64")
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry on loopback, and the environment in which engines find it."""

    host: str
    environment: dict[str, str]

    def push(self, image: str, name: str) -> None:
        target = f"docker://{self.host}/{name}"
        subprocess.run(
            ["buildah", "push", "--quiet", "--format", "v2s2", image, target],
            check=True,
            env={**os.environ, **self.environment},
        )

    def index(self, name: str, parts: dict[str, Platform]) -> None:
        """Make an index out of pushed images of the same repository, by their tags."""
        manifests = []
        for tag, platform in parts.items():
            request = urllib.request.Request(self._url(name, tag), headers={"Accept": MANIFEST})
            with urllib.request.urlopen(request) as answer:
                size, digest = len(answer.read()), answer.headers["Docker-Content-Digest"]
            described = {"os": platform.os, "architecture": platform.architecture}
            manifests.append(
                {"mediaType": MANIFEST, "size": size, "digest": digest, "platform": described}
            )
        body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
        put = urllib.request.Request(
            self._url(name, "latest"), body.encode(), {"Content-Type": INDEX}, method="PUT"
        )
        urllib.request.urlopen(put).close()

    def _url(self, name: str, tag: str) -> str:
        return f"http://{self.host}/v2/{name}/manifests/{tag}"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings, mirrors = tmp_path / "registry.json", tmp_path / "registries.conf"
    storage = {"filesystem": {"rootdirectory": str(tmp_path / "registry")}}
    settings.write_text(
        json.dumps({"version": 0.1, "storage": storage, "http": {"addr": f"127.0.0.1:{port}"}})
    )
    mirrors.write_text(f'[[registry]]\nlocation = "127.0.0.1:{port}"\ninsecure = true\n')
    with subprocess.Popen(
        ["docker-registry", "serve", str(settings)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _wait(port)
            yield Registry(f"127.0.0.1:{port}", {"CONTAINERS_REGISTRIES_CONF": str(mirrors)})
        finally:
            server.terminate()


def _wait(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    pytest.fail("docker-registry did not start")


def platform_of(image: str) -> str:
    shown = subprocess.run(
        ["buildah", "inspect", "--type", "image", "--format", "{{.OCIv1.Architecture}}", image],
        check=True,
        capture_output=True,
        text=True,
    )
    return shown.stdout.strip()


@pytest.fixture
def programs(project: Project) -> None:
    """Programs for the other architecture that exit with 0 and with 7."""
    machine = MACHINES[FOREIGN.architecture]
    project.write("works", program(machine), 0o755)
    project.write("fails", program(replace(machine, code=SEVEN[FOREIGN.architecture])), 0o755)


@pytest.mark.usefixtures("programs")
def test_commands_of_another_platform(project: Project) -> None:
    text = 'FROM scratch\nCOPY works fails /\nRUN ["/works"]\n'
    project.build(text, "--platform", str(FOREIGN))
    assert platform_of(project.tag) == FOREIGN.architecture
    result = project.build(f'{text}RUN ["/fails"]\n', f"--platform={FOREIGN}", check=False)
    assert 'process "/fails" did not complete successfully: exit code: 7' in result.stderr
    nobody = project.build(text, "--platform", "linux/pdp11", check=False)
    assert nobody.status == 1
    assert "this host cannot run programs for linux/pdp11, as stage stage-0 does" in nobody.stderr
    assert "COPY" not in nobody.stderr.partition("ERROR")[0]


@pytest.mark.usefixtures("programs")
def test_several_platforms_at_once(project: Project) -> None:
    text = """\
FROM --platform=$BUILDPLATFORM diamol/base AS build
RUN echo once >>/made
FROM scratch
COPY --from=build /made /
COPY works /works
"""
    here = build_platform()
    both = f"--platform={here},{FOREIGN}"
    result = project.build(text, both)
    assert result.stderr.count("RUN echo once") == 1
    listed = subprocess.run(
        ["buildah", "manifest", "inspect", project.whole], check=True, capture_output=True
    )
    found = [entry["platform"]["architecture"] for entry in json.loads(listed.stdout)["manifests"]]
    assert found == [here.architecture, FOREIGN.architecture]
    run = ("podman", "run", "--rm", "--network=none", f"--platform={FOREIGN}", project.whole)
    assert subprocess.run([*run, "/works"], check=False).returncode == 0
    again = project.build(None, both)
    assert again.stderr.count("CACHED") == 6
    project.rootbuild("image", "prune", "--force")
    assert subprocess.run([*run, "/works"], check=False).returncode == 0
    tags = f"{project.tag}:again"
    project.rootbuild("tag", project.tag, tags)
    project.rootbuild("rmi", tags)
    project.build(f"FROM {project.tag}\nLABEL a=b\n", f"--platform={FOREIGN}")
    assert platform_of(project.tag) == FOREIGN.architecture


@pytest.mark.usefixtures("programs")
def test_an_index_is_removed_by_its_name(project: Project) -> None:
    project.build("FROM scratch\nCOPY works /\n", f"--platform={build_platform()},{FOREIGN}")
    assert project.tag in project.rootbuild("images").stdout
    project.rootbuild("rmi", project.tag)
    assert project.tag not in project.rootbuild("images").stdout
    gone = project.rootbuild("rmi", project.tag, check=False)
    assert gone.status == 1
    assert f"No such image: {project.tag}:latest" in gone.stderr
    project.build("FROM scratch\nCOPY works /\n")


@pytest.mark.usefixtures("programs")
def test_bases_are_found_and_pulled_by_platform(
    project: Project, registry: Registry, unique: Callable[..., str]
) -> None:
    name = unique("both")
    project.build("FROM scratch\nCOPY works /works\n", "--platform", str(FOREIGN))
    registry.push(project.whole, f"{name}:foreign")
    project.build("FROM diamol/base\nENV NATIVE=1\n")
    registry.push(project.whole, f"{name}:native")
    registry.index(name, {"native": build_platform(), "foreign": FOREIGN})
    both = f"{registry.host}/{name}"
    text = (
        f'FROM --platform={FOREIGN} {both} AS other\nRUN ["/works"]\n'
        f"FROM {both}\nCOPY --from=other /works /works\nRUN echo $NATIVE >/native\n"
    )
    result = project.build(text, env=registry.environment)
    assert result.stderr.count(f"[internal] pull {both}") == 2
    assert "InvalidBaseImagePlatform" not in result.stderr
    assert project.run("sh", "-c", "cat /native; wc -c </works") == (
        f"1\n{len(program(MACHINES[FOREIGN.architecture]))}\n"
    )
    assert platform_of(both) == build_platform().architecture
    again = project.build(None, env=registry.environment)
    assert "[internal] pull" not in again.stderr
    whole = project.build(f"FROM {both}\nLABEL a=b\n", "--platform", str(FOREIGN))
    assert "[internal] pull" not in whole.stderr
    assert platform_of(project.tag) == FOREIGN.architecture
    one = project.build(f"FROM {both}:foreign\nLABEL a=b\n", env=registry.environment)
    warning = f'Base image {both}:foreign was pulled with platform "{FOREIGN}"'
    assert f"WARN: InvalidBaseImagePlatform: {warning}" in one.stderr
    subprocess.run(["buildah", "rmi", "-f", both, f"{both}:foreign"], check=True)

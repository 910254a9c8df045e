"""Caches that travel by a real registry, between users with nothing at home, as CI runners are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.program import Result, Rootbuild
from tests.registryserver import RegistryServer, registry_server

pytestmark = pytest.mark.engine

BIG = 2 << 20
PROJECT = """\
FROM {host}/tools AS build
RUN --mount=type=cache,target=/cache echo x >> /cache/count; cat /cache/count
WORKDIR /src
COPY source .
RUN echo ran-build; cat source > /made; head -c {size} /dev/urandom > /waste
FROM {host}/base
LABEL a=b
RUN echo ran-last > /last
COPY --from=build /made /made
COPY page /page
"""


@dataclass(frozen=True)
class Runner:
    """A user who has never built anything."""

    home: Path
    rootbuild: Rootbuild
    project: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": "",
            "XDG_DATA_HOME": "",
            "SOURCE_DATE_EPOCH": "",
        }

    def build(self, *options: str, check: bool = True) -> Result:
        return self.rootbuild(
            *("build", "-t", "result", *options, str(self.project)),
            env=self.environment,
            check=check,
        )

    def engine(self, *command: str) -> str:
        environment = {**os.environ, **self.environment}
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout

    def image(self) -> str:
        """The result's id; empty if there is none."""
        found = self.engine("buildah", "images", "--format", "{{.Name}} {{.ID}}", "--no-trunc")
        named = [line.split()[1] for line in found.splitlines() if "/result " in line]
        return "".join(named)

    def show(self, path: str) -> str:
        script = f"m=$(buildah mount $1) && cat $m{path}; buildah rm $1 >/dev/null"
        name = self.engine("buildah", "from", "--pull-never", "docker.io/library/result").strip()
        return self.engine("buildah", "unshare", "sh", "-c", script, "sh", name)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    """A registry with two images to start from; one has a layer that is easy to recognize."""
    with registry_server(tmp_path_factory.mktemp("registry")) as server:
        folder = tmp_path_factory.mktemp("tools")
        (folder / "tool").write_bytes(os.urandom(BIG))
        (folder / "Dockerfile").write_text("FROM diamol/base\nCOPY tool /tool\n")
        name = f"{server.host}/tools"
        build = ("buildah", "bud", "--quiet", "--tag", name, str(folder))
        push = ("buildah", "push", "--quiet", "--tls-verify=false")
        for command in (
            build,
            (*push, name),
            (*push, "docker.io/diamol/base", f"docker://{server.host}/base"),
            ("buildah", "rmi", name),
        ):
            subprocess.run(command, check=True, capture_output=True)
        yield server


@pytest.fixture
def runner(registry: RegistryServer, tmp_path: Path) -> Iterator[Callable[[], Runner]]:
    """Makes runners; each has a clean home, and a copy of the project."""
    made: list[Path] = []

    def make() -> Runner:
        home = tmp_path / f"runner{len(made)}"
        made.append(home)
        config = home / ".config/containers"
        config.mkdir(parents=True)
        (config / "storage.conf").write_text('[storage]\ndriver = "overlay"\n')
        (config / "registries.conf").write_text(
            f'[[registry]]\nlocation = "{registry.host}"\ninsecure = true\n'
        )
        project = home / "project"
        project.mkdir()
        (project / "Dockerfile").write_text(PROJECT.format(host=registry.host, size=BIG))
        for name in ("source", "page"):
            (project / name).write_text(name)
        return Runner(home, Rootbuild(home / "state"), project)

    yield make
    for home in made:
        subprocess.run(["buildah", "unshare", "rm", "-rf", str(home)], check=True)


def executed(result: Result) -> list[str]:
    """The RUNs and COPYs that were not taken from a cache."""
    lines = result.stderr.splitlines()
    cached = {line.split()[0] for line in lines if line.endswith("CACHED")}
    steps = {line.split()[0]: line for line in lines if "] RUN" in line or "] COPY" in line}
    return [line for number, line in steps.items() if number not in cached]


def test_an_unchanged_project_runs_nothing(
    runner: Callable[[], Runner], registry: RegistryServer
) -> None:
    cache = f"{registry.host}/cache:main"
    first = runner()
    result = first.build(f"--cache-to=type=registry,ref={cache},mode=max", f"--cache-from={cache}")
    assert "WARN: failed to import the cache" in result.stderr  # there is none yet
    assert len(executed(result)) == 6
    before = len(registry.served())
    second = runner()
    result = second.build(f"--cache-from=type=registry,ref={cache}")
    assert executed(result) == [], str(result)
    assert "[internal] pull" not in result.stderr
    assert second.image() == first.image()
    assert second.show("/made") == "source"
    served = registry.blobs(before)
    print(f"{sum(served.values())} bytes in {len(served)} blobs of {registry.host}: {served}")
    assert max(served.values()) < BIG  # neither the tools nor what the first stage has wasted
    before = len(registry.served())
    again = second.build(f"--cache-from=type=registry,ref={cache}")
    assert executed(again) == []
    assert "[internal] pull" not in again.stderr
    # What came is in the store now: no layer comes again.
    assert max(registry.blobs(before).values(), default=0) < 64 << 10


def test_after_an_edit_only_what_is_needed_comes(
    runner: Callable[[], Runner], registry: RegistryServer
) -> None:
    cache = f"{registry.host}/cache:edited"
    runner().build(f"--cache-to=type=registry,ref={cache},mode=max", "--layers=all")
    before = len(registry.served())
    second = runner()
    (second.project / "page").write_text("new page")
    result = second.build(f"--cache-from={cache}", "--layers=all")
    assert [line.split("] ")[1] for line in executed(result)] == ["COPY page /page"]
    assert second.show("/page") == "new page"
    assert max(registry.blobs(before).values()) < BIG
    before = len(registry.served())
    third = runner()
    (third.project / "source").write_text("new source")
    result = third.build(f"--cache-from={cache}", "--layers=all")
    assert third.show("/made") == "new source"
    assert "echo x" not in "".join(executed(result))  # in front of what was edited
    assert max(registry.blobs(before).values()) >= BIG  # the tools are needed now


def test_what_was_not_brought_is_handed_on(
    runner: Callable[[], Runner], registry: RegistryServer, tmp_path: Path
) -> None:
    """From a registry to a folder, to another repository; nobody but the first builds anything."""
    cache, other = f"{registry.host}/cache:first", f"{registry.host}/copies/cache"
    first = runner()
    first.build(f"--cache-to=type=registry,ref={cache},mode=max")
    second = runner()
    folder = f"dest={tmp_path}/cache,mode=max,image-manifest=false"
    result = second.build(f"--cache-from={cache}", f"--cache-to=type=local,{folder}")
    assert executed(result) == []
    third = runner()
    result = third.build(
        f"--cache-from=type=local,src={tmp_path}/cache",
        f"--cache-to=type=registry,ref={other},mode=max",
    )
    assert executed(result) == []
    fourth = runner()
    (fourth.project / "page").write_text("new page")
    result = fourth.build(f"--cache-from={other}")
    assert "RUN" not in "".join(line for line in executed(result) if "[build" in line)
    assert fourth.show("/made") == "source"


def test_cache_mounts_travel(runner: Callable[[], Runner], registry: RegistryServer) -> None:
    cache = f"{registry.host}/cache:mounts"
    first = runner()
    result = first.build(f"--cache-to=type=registry,ref={cache},mounts=true")
    assert result.stderr.count(" x\n") == 1
    second = runner()
    dockerfile = second.project / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("echo x", "true; echo x"))
    result = second.build(f"--cache-from={cache}", f"--cache-to=type=local,dest={second.home}/c")
    assert result.stderr.count(" x\n") == 2
    result = second.build("--no-cache", f"--cache-from={cache}")
    assert result.stderr.count(" x\n") == 3


def test_an_image_that_is_its_own_cache(
    runner: Callable[[], Runner], registry: RegistryServer
) -> None:
    first, name = runner(), f"{registry.host}/app"
    first.build("--build-arg=BUILDKIT_INLINE_CACHE=1")
    assert first.show("/made") == "source"
    first.engine("buildah", "push", "--quiet", "docker.io/library/result", f"docker://{name}")
    before = len(registry.served())
    second = runner()
    result = second.build(f"--cache-from={name}", "--cache-to=type=inline")
    assert executed(result) == []
    assert second.image() == first.image()
    assert max(registry.blobs(before).values()) < BIG


def test_caches_that_cannot_be_had(
    runner: Callable[[], Runner], registry: RegistryServer, tmp_path: Path
) -> None:
    someone = runner()
    (someone.project / "Dockerfile").write_text("FROM scratch\nCOPY page /\n")
    nowhere = "127.0.0.1:1/cache"
    result = someone.build(
        *("--cache-from=type=gha", f"--cache-from={nowhere}", f"--cache-from={registry.host}/base"),
        f"--cache-from=type=local,src={tmp_path}/none",
        *("--cache-to=type=s3,bucket=b,ignore-error=true",),
        f"--cache-to=type=registry,ref={nowhere},ignore-error=true",
    )
    told = [line for line in result.stderr.splitlines() if line.startswith("WARN")]
    assert len(told) == 6, result.stderr
    result = someone.build(f"--cache-to=type=registry,ref={nowhere}", check=False)
    assert result.status == 1
    assert "[registry-unreachable]" in result.stderr
    result = someone.build("--cache-to=type=gha,mode=max", check=False)
    assert (result.status, "[cache-export]" in result.stderr) == (1, True)


def test_a_layer_that_was_changed_is_refused(
    runner: Callable[[], Runner], registry: RegistryServer, tmp_path: Path
) -> None:
    first, folder = runner(), tmp_path / "cache"
    first.build(f"--cache-to=type=local,dest={folder},mode=max")
    for blob in (folder / "blobs/sha256").iterdir():
        if blob.stat().st_size > 1 << 10 and blob.read_bytes()[:2] == b"\x1f\x8b":
            data = bytearray(blob.read_bytes())
            data[len(data) // 2] ^= 1
            blob.write_bytes(data)
    second = runner()
    result = second.build(f"--cache-from=type=local,src={folder}", check=False)
    assert result.status == 1
    assert "[registry-digest]" in result.stderr
    assert second.image() == ""

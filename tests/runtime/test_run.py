"""Running containers on an engine that is a script: what it is told, how failures are explained."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from rootbuild.backend import Problem, Runtime, StoredContainer, StoredImage
from rootbuild.errors import ImageNotFoundError, RuntimeRefusedError
from rootbuild.host import probes
from rootbuild.runtime import run as running
from rootbuild.runtime.run import Request
from tests.runtime.fakes import FakeRuntime

APP = StoredImage("a" * 64, ("docker.io/library/app:latest",))
CID = "f" * 64


@pytest.fixture(autouse=True)
def _sound_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "obstacles", lambda network=True: ())


def fake(tmp_path: Path) -> FakeRuntime:
    return FakeRuntime(tmp_path / "log", known_images=[APP], known_networks=[("1" * 64, "nat")])


def test_the_protocol_is_met(tmp_path: Path) -> None:
    runtime: Runtime = fake(tmp_path)
    assert runtime.check() is None


@pytest.mark.parametrize("detached", [True, False])
def test_runs(tmp_path: Path, detached: bool, capfd: pytest.CaptureFixture[str]) -> None:
    runtime = fake(tmp_path)
    request = Request("run", "app", ("sh", "-c", "x y"), ("--rm",), "web", detached=detached)
    assert running.run(runtime, request) == 0
    (told,) = runtime.told
    assert told.startswith("run --name=web --cidfile=/")
    assert told.endswith(" --rm docker.io/library/app:latest sh -c x y")
    assert capfd.readouterr().out == "did run\n"


def test_an_image_is_pulled_when_it_is_missing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    runtime = fake(tmp_path)
    request = Request("run", "other:1", platform="linux/arm64", quiet=True)
    assert running.run(runtime, request) == 0
    assert runtime.told[0] == "pull --platform=linux/arm64 --quiet docker.io/library/other:1"
    assert runtime.told[1].endswith("docker.io/library/other:1")
    said = capfd.readouterr()
    assert "Unable to find image 'other:1' locally\n" in said.err
    assert "did pull" in said.err
    assert said.out == "did run\n"


def test_always_pulled(tmp_path: Path) -> None:
    runtime = fake(tmp_path)
    assert running.run(runtime, Request("run", "app", pull="always")) == 0
    assert runtime.told[0] == "pull docker.io/library/app:latest"


@pytest.mark.parametrize(("pull", "told"), [("never", 0), ("missing", 1)])
def test_no_image(tmp_path: Path, pull: str, told: int) -> None:
    runtime = fake(tmp_path)
    runtime.fails = "pull"
    with pytest.raises(ImageNotFoundError, match="No such image: localhost/nope:latest") as caught:
        running.run(runtime, Request("run", "localhost/nope", pull=pull))
    assert caught.value.exit_code == 125
    assert len(runtime.told) == told


def test_name_in_use(tmp_path: Path) -> None:
    runtime = fake(tmp_path)
    runtime.fails = "run"
    runtime.known_containers = [StoredContainer("b" * 64, ("web",), "running")]
    with pytest.raises(RuntimeRefusedError) as caught:
        running.run(runtime, Request("run", "app", name="web", detached=True))
    assert caught.value.report.message == (
        f'Conflict. The container name "/web" is already in use by container "{"b" * 64}". '
        "You have to remove (or rename) that container to be able to reuse that name."
    )
    assert caught.value.exit_code == 125
    assert len(runtime.told) == 1


def test_unknown_network(tmp_path: Path) -> None:
    runtime = fake(tmp_path)
    runtime.fails = "run"
    with pytest.raises(RuntimeRefusedError, match="network nope not found") as caught:
        running.run(runtime, Request("run", "app", networks=("nat:alias=x", "nope")))
    assert caught.value.exit_code == 125


def test_a_busy_port_stops_us_before_anything_is_made(tmp_path: Path) -> None:
    runtime = fake(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(RuntimeRefusedError) as caught:
            running.run(runtime, Request("run", "app", publish=(f"{port}:80",)))
        assert caught.value.id == "port-in-use"
        assert runtime.told == []
        # Docker binds when a container starts, so one may be made meanwhile.
        assert running.run(runtime, Request("create", "app", publish=(f"{port}:80",))) == 0


def test_what_did_not_start_is_removed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    runtime = fake(tmp_path)
    runtime.fails, runtime.status, runtime.cid = "run", 127, CID
    runtime.known_containers = [StoredContainer(CID, ("web",), "created")]
    assert running.run(runtime, Request("run", "app", name="web", detached=True)) == 127
    assert runtime.told[1] == f"rm --force --volumes {CID}"
    said = capfd.readouterr()
    assert said.err == "engine: run failed\n"
    assert said.out == ""


@pytest.mark.parametrize("status", [1, 42, 125, 127, 137])
def test_the_exit_code_of_what_ran_is_ours(tmp_path: Path, status: int) -> None:
    runtime = fake(tmp_path)
    runtime.fails, runtime.status, runtime.cid = "run", status, CID
    runtime.known_containers = [StoredContainer(CID, ("web",), "exited")]
    assert running.run(runtime, Request("run", "app", name="web")) == status
    assert len(runtime.told) == 1


def test_the_host_is_to_blame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = fake(tmp_path)
    runtime.fails = "run"
    problem = Problem("no range of ids", "add one", "no-subordinate-ids")
    monkeypatch.setattr(probes, "obstacles", lambda network=True: (problem,))
    with pytest.raises(RuntimeRefusedError, match="no range of ids") as caught:
        running.run(runtime, Request("run", "app", detached=True))
    assert caught.value.id == "no-subordinate-ids"
    assert caught.value.report.detail == "engine: run failed"
    assert caught.value.report.hint == "add one"


def test_cidfile(tmp_path: Path) -> None:
    runtime = fake(tmp_path)
    wanted = tmp_path / "cid"
    assert running.run(runtime, Request("run", "app", cidfile=str(wanted))) == 0
    assert f"--cidfile={wanted}" in runtime.told[0]
    wanted.write_text(CID)
    with pytest.raises(RuntimeRefusedError, match="container ID file found"):
        running.run(runtime, Request("run", "app", cidfile=str(wanted)))
    assert len(runtime.told) == 1


def test_folders_are_made_when_the_image_is_there(tmp_path: Path) -> None:
    runtime = fake(tmp_path)
    request = Request("run", "app", folders=(str(tmp_path / "new"),))
    assert running.run(runtime, request) == 0
    assert (tmp_path / "new").is_dir()
    with pytest.raises(ImageNotFoundError):
        running.run(runtime, Request("run", "nope", pull="never", folders=(f"{tmp_path}/other",)))
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("init", ["", "/usr/bin/catatonit"])
def test_no_init(tmp_path: Path, init: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rootbuild.facts.inits.look", lambda: init)
    runtime = fake(tmp_path)
    runtime.fails = "run"
    request = Request("run", "app", init=True, detached=True)
    if init:
        assert running.run(runtime, request) == 125
        return
    with pytest.raises(RuntimeRefusedError, match="no init for containers") as caught:
        running.run(runtime, request)
    assert caught.value.report.hint.endswith("sudo apt-get install catatonit")

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.backend import StoredContainer
from rootbuild.errors import RuntimeRefusedError
from rootbuild.runtime import networks
from rootbuild.runtime.objects import CONTAINERS, NETWORKS, VOLUMES, Act, Kind, perform
from tests.runtime.fakes import FakeRuntime


@pytest.fixture
def runtime(tmp_path: Path) -> FakeRuntime:
    return FakeRuntime(
        tmp_path / "log",
        known_containers=[
            StoredContainer("a" * 64, ("web",), "running", ("nat",)),
            StoredContainer("b" * 64, ("db",), "exited"),
        ],
        known_networks=[("c" * 64, "nat"), ("d" * 64, "free")],
        known_volumes=["data"],
    )


def test_passed_on(runtime: FakeRuntime, capfd: pytest.CaptureFixture[str]) -> None:
    assert perform(runtime, CONTAINERS, Act(("port",), ("web",), ("80/tcp",))) == 0
    assert runtime.told == ["port web 80/tcp"]
    assert capfd.readouterr().out == "did port\n"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (CONTAINERS, "No such container: nope"),
        (NETWORKS, "network nope not found"),
        (VOLUMES, "get nope: no such volume"),
    ],
)
def test_unknown(
    kind: Kind, message: str, runtime: FakeRuntime, capfd: pytest.CaptureFixture[str]
) -> None:
    runtime.fails = "inspect"
    with pytest.raises(RuntimeRefusedError) as caught:
        perform(runtime, kind, Act(("inspect",), ("nope",)))
    assert caught.value.report.message == message
    assert caught.value.exit_code == 1
    assert capfd.readouterr().err == ""


def test_one_unknown_name_does_not_keep_it_from_the_others(runtime: FakeRuntime) -> None:
    with pytest.raises(RuntimeRefusedError) as caught:
        perform(runtime, CONTAINERS, Act(("stop",), ("nope", "web", "nada", "db")))
    assert runtime.told == ["stop web db"]
    assert caught.value.report.message == "No such container: nope\nNo such container: nada"


def test_forgiving(runtime: FakeRuntime) -> None:
    assert perform(runtime, NETWORKS, Act(("network", "rm"), ("nope", "free"), forgiving=True)) == 0
    assert perform(runtime, NETWORKS, Act(("network", "rm"), ("nope",), forgiving=True)) == 0
    assert runtime.told == ["network rm free"]


def test_other_failures_are_shown_as_they_are(
    runtime: FakeRuntime, capfd: pytest.CaptureFixture[str]
) -> None:
    runtime.fails, runtime.status = "stop", 9
    assert perform(runtime, CONTAINERS, Act(("stop",), ("db",))) == 9
    assert capfd.readouterr().err == "engine: stop failed\n"


def test_a_running_container_is_not_removed(runtime: FakeRuntime) -> None:
    runtime.fails = "container"
    with pytest.raises(RuntimeRefusedError, match="container is running: stop the container"):
        perform(runtime, CONTAINERS, Act(("container", "rm"), ("web",)))


def test_a_network_in_use_is_not_removed(runtime: FakeRuntime) -> None:
    runtime.fails = "network"
    with pytest.raises(RuntimeRefusedError, match="network nat has active endpoints: web"):
        perform(runtime, NETWORKS, Act(("network", "rm"), ("nat",)))


def test_create_network(runtime: FakeRuntime, capsys: pytest.CaptureFixture[str]) -> None:
    assert networks.create(runtime, "nat", ["--internal"]) == 0
    assert runtime.told == ["network create --internal nat"]
    assert capsys.readouterr().out == "c" * 64 + "\n"


def test_network_exists(runtime: FakeRuntime) -> None:
    runtime.fails = "network"
    with pytest.raises(RuntimeRefusedError, match="network with name nat already exists") as caught:
        networks.create(runtime, "nat", [])
    assert caught.value.exit_code == 1

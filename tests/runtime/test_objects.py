from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.backend import StoredContainer, StoredNetwork
from rootbuild.errors import RuntimeRefusedError
from rootbuild.runtime import networks
from rootbuild.runtime.membership import not_attached
from rootbuild.runtime.networks import Wanted
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


def test_a_volume_in_use_is_not_removed(runtime: FakeRuntime) -> None:
    runtime.fails = "volume"
    with pytest.raises(RuntimeRefusedError, match="remove data: volume is in use") as caught:
        perform(runtime, VOLUMES, Act(("volume", "rm"), ("data",)))
    assert caught.value.id == "volume-in-use"


def test_live_verbs_say_it_once(runtime: FakeRuntime, capfd: pytest.CaptureFixture[str]) -> None:
    """What the engine says of an unknown name could not be taken back."""
    with pytest.raises(RuntimeRefusedError, match="No such container: nope"):
        perform(runtime, CONTAINERS, Act(("logs",), ("nope",), live=True))
    assert runtime.told == []
    assert perform(runtime, CONTAINERS, Act(("logs",), ("web",), live=True)) == 0


@pytest.mark.parametrize(
    ("network", "container", "leaves", "id"),
    [
        ("nope", "web", False, "no-such-network"),
        ("nat", "nope", True, "no-such-container"),
        ("nat", "web", False, "already-connected"),
        ("free", "web", True, "not-connected"),
        ("free", "db", False, "network-mode"),
    ],
)
def test_why_networks_are_not_joined(
    runtime: FakeRuntime, network: str, container: str, leaves: bool, id: str
) -> None:
    found = not_attached(runtime, network, container, leaves=leaves)
    assert found is not None
    assert (found.id, found.exit_code) == (id, 1)


def test_networks_that_could_be_joined(runtime: FakeRuntime) -> None:
    assert not_attached(runtime, "free", "web", leaves=False) is None
    assert not_attached(runtime, "nat", "web", leaves=True) is None


def test_create_network(runtime: FakeRuntime, capsys: pytest.CaptureFixture[str]) -> None:
    assert networks.create(runtime, Wanted("nat", rest=("--internal",))) == 0
    assert runtime.told == ["network create --internal nat"]
    assert capsys.readouterr().out == "c" * 64 + "\n"


def test_network_exists(runtime: FakeRuntime) -> None:
    runtime.fails = "network"
    with pytest.raises(RuntimeRefusedError, match="network with name nat already exists") as caught:
        networks.create(runtime, Wanted("nat"))
    assert caught.value.exit_code == 1


def test_create_network_in_the_engine_s_words(runtime: FakeRuntime) -> None:
    wanted = Wanted(
        "nat",
        driver="bridge",
        subnets=("10.1.0.0/24", "fd00::/64"),
        gateways=("10.1.0.9",),
        ranges=("fd00::/80",),
        options=("com.docker.network.driver.mtu=1400", "x=y"),
    )
    assert networks.create(runtime, wanted) == 0
    assert runtime.told == [
        "network create --driver=bridge --subnet=fd00::/64 --ip-range=fd00::/80 --gateway=fd00::1"
        " --subnet=10.1.0.0/24 --gateway=10.1.0.9 --opt=mtu=1400 --opt=x=y nat"
    ]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted("bridge"), "network with name bridge already exists"),
        (Wanted("n", gateways=("10.0.0.1",)), "must have a corresponding subnet"),
        (Wanted("n", subnets=("10.0.0.0",)), "invalid CIDR address: 10.0.0.0"),
        (Wanted("n", subnets=("10.0.0.0/8", "10.1.0.0/16")), "multiple overlapping subnet"),
        (Wanted("n", subnets=("10.0.0.0/8",), gateways=("11.0.0.1",)), "no matching subnet for"),
        (Wanted("n", subnets=("10.0.0.0/8",), gateways=("x",)), "invalid gateway address: x"),
        (
            Wanted("n", subnets=("10.0.0.0/8",), ranges=("10.1.0.0/16", "10.2.0.0/16")),
            "cannot configure multiple ranges",
        ),
        (Wanted("n", options=("com.docker.network.bridge.name=b",)), "is not supported"),
    ],
)
def test_networks_that_cannot_be(runtime: FakeRuntime, wanted: Wanted, message: str) -> None:
    with pytest.raises(RuntimeRefusedError, match=message) as caught:
        networks.create(runtime, wanted)
    assert caught.value.exit_code == 1
    assert runtime.told == []


@pytest.mark.parametrize(
    ("driver", "message"),
    [
        ("overlay", "not a swarm manager"),
        ("host", 'only one instance of "host"'),
        ("x", "plugin x"),
    ],
)
def test_drivers_that_are_not_there(runtime: FakeRuntime, driver: str, message: str) -> None:
    runtime.fails = "network"
    with pytest.raises(RuntimeRefusedError, match=message):
        networks.create(runtime, Wanted("new", driver=driver))


def test_a_subnet_that_another_network_has(runtime: FakeRuntime) -> None:
    runtime.fails = "network"
    runtime.known_descriptions = [
        StoredNetwork("c" * 64, "nat", subnets=(("10.5.0.0/16", "10.5.0.1", ""),))
    ]
    with pytest.raises(RuntimeRefusedError, match="Pool overlaps") as caught:
        networks.create(runtime, Wanted("new", subnets=("10.5.1.0/24",)))
    assert "network nat has 10.5.0.0/16" in caught.value.report.hint


def test_a_network_without_names_is_told_of(
    runtime: FakeRuntime, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime.known_descriptions = [StoredNetwork("c" * 64, "nat", names=False)]
    assert networks.create(runtime, Wanted("nat")) == 0
    assert "WARNING: the name server is missing" in capsys.readouterr().err

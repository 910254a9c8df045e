"""Files and command lines of networks."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from rootbuild.choices import Choices, Unadvised
from rootbuild.errors import HostError
from rootbuild.execution import HOST_GATEWAY
from rootbuild_oci import network

HOST = "search a b\n# comment\nnameserver 127.0.0.53\nnameserver 192.0.2.1\noptions edns0\n"


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        (None, HOST),
        ((), "search a b\nnameserver 192.0.2.1\noptions edns0\n"),
        (
            ("10.0.2.3",),
            "nameserver 10.0.2.3\nsearch a b\nnameserver 192.0.2.1\noptions edns0\n",
        ),
        (("192.0.2.1",), "nameserver 192.0.2.1\nsearch a b\noptions edns0\n"),
    ],
)
def test_resolv_conf(servers: tuple[str, ...] | None, expected: str) -> None:
    assert network.resolv_conf(HOST, servers) == expected


def test_scoped_and_odd_servers() -> None:
    host = "nameserver ::1\nnameserver fe80::1%eth0\nnameserver\n;x\n"
    assert network.resolv_conf(host, ()) == "nameserver fe80::1%eth0\n"


def test_the_servers_behind_the_stub(tmp_path: Path) -> None:
    plain, resolved = tmp_path / "resolv.conf", tmp_path / "resolved.conf"
    assert network.host_resolv_conf(plain, resolved) == ""
    plain.write_text("nameserver 127.0.0.53\n")
    assert network.host_resolv_conf(plain, resolved) == "nameserver 127.0.0.53\n"
    resolved.write_text("nameserver 192.0.2.9\n")
    assert network.host_resolv_conf(plain, resolved) == "nameserver 192.0.2.9\n"


def test_hosts() -> None:
    lines = network.hosts("me", (("other", "192.0.2.1"),)).splitlines()
    assert lines == [
        "127.0.0.1\tlocalhost me",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "192.0.2.1\tother",
    ]


def test_helpers_do_not_let_steps_reach_the_hosts_loopback() -> None:
    slirp = network.slirp4netns("/proc/1/fd/9", 4, 5)
    assert {"--disable-host-loopback", "--ready-fd=4", "--exit-fd=5"} <= set(slirp)
    assert slirp[-3:] == ("--netns-type=path", "/proc/1/fd/9", "tap0")[-3:]
    pasta = network.pasta("/n", Path("/p"))
    assert "--no-map-gw" in pasta
    assert pasta[-2:] == ("--netns", "/n")


def test_networks_that_need_no_helper() -> None:
    with network.Networks(Unadvised()) as networks:
        with networks.use("host") as found:
            assert found == network.HOST
        with networks.use("none") as found:
            assert found == network.ALONE


def test_the_host_s_gateway() -> None:
    names = (("a", "192.0.2.7"), ("b", HOST_GATEWAY))
    assert network.resolved(names, network.HOST) == (("a", "192.0.2.7"), ("b", "127.0.0.1"))
    assert network.resolved(names[:1], network.Network("/n", reaches_host=False)) == names[:1]
    with pytest.raises(HostError, match="unable to derive the IP value for host-gateway"):
        network.resolved(names, network.Network("/n", reaches_host=False))


def test_a_helper_rests_when_no_step_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []

    @contextlib.contextmanager
    def outside(choices: Choices) -> Iterator[network.Network]:
        name = f"/{sum(event.startswith('begin') for event in events)}"
        events.append(f"begin {name}")
        yield network.Network(name)
        events.append(f"end {name}")

    monkeypatch.setattr(network, "outside", outside)
    with network.Networks(Unadvised()) as networks:
        with networks.use("default") as first:
            networks.rest()
            assert events == ["begin /0"]
            with networks.use("default") as second:
                assert first == second == network.Network("/0")
        with networks.use("default") as third:
            assert third == first
        networks.rest()
        networks.rest()
        with networks.use("default") as other:
            assert other == network.Network("/1")
    assert sorted(events) == ["begin /0", "begin /1", "end /0", "end /1"]

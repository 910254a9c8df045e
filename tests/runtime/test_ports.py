from __future__ import annotations

import socket

import pytest

from rootbuild.errors import RuntimeRefusedError, UsageError
from rootbuild.runtime.ports import Published, parse, settle


@pytest.mark.parametrize(
    ("spec", "published"),
    [
        ("80", Published((80, 80))),
        ("8080:80", Published((80, 80), (8080, 8080))),
        ("0:80", Published((80, 80), (0, 0))),
        ("127.0.0.1:8080:80", Published((80, 80), (8080, 8080), "127.0.0.1")),
        ("127.0.0.1::80", Published((80, 80), (0, 0), "127.0.0.1")),
        ("[::1]:8080:80", Published((80, 80), (8080, 8080), "::1")),
        ("[::1]::80/udp", Published((80, 80), (0, 0), "::1", "udp")),
        ("53:53/UDP", Published((53, 53), (53, 53), "", "udp")),
        ("9:9/sctp", Published((9, 9), (9, 9), "", "sctp")),
        ("8000-8005:80-85", Published((80, 85), (8000, 8005))),
        ("8000-8005:80", Published((80, 80), (8000, 8005))),
        ("80-85", Published((80, 85))),
    ],
)
def test_forms(spec: str, published: Published) -> None:
    assert parse(spec) == published


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "no port specified"),
        ("8080:", "no port specified"),
        ("x:80", "invalid hostPort: x"),
        ("80:x", "invalid containerPort: x"),
        ("80:0", "invalid containerPort: 0"),
        ("80:70000", "invalid containerPort: 70000"),
        ("70000:80", "invalid hostPort: 70000"),
        ("85-80:1-6", "invalid hostPort: 85-80"),
        ("80:80/http", "invalid proto: http"),
        ("1.2.3:80:80", "invalid IP address: 1.2.3"),
        ("1:2:3:4", "invalid port format"),
        ("[::1:80", "invalid IP address"),
        ("80-82:80-85", "invalid ranges specified"),
        ("-1:80", "invalid hostPort"),
    ],
)
def test_refused(spec: str, message: str) -> None:
    with pytest.raises(UsageError, match="-p, --publish") as caught:
        parse(spec)
    assert message in caught.value.report.message


def test_privileged() -> None:
    with pytest.raises(RuntimeRefusedError) as caught:
        settle(["800:80"], lowest=1024)
    assert caught.value.id == "privileged-port"
    assert caught.value.exit_code == 125
    assert "net.ipv4.ip_unprivileged_port_start=800" in caught.value.report.hint


@pytest.mark.parametrize(
    ("protocol", "kind"), [("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)]
)
def test_in_use(protocol: str, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if protocol == "tcp":
            other.listen()
        port = other.getsockname()[1]
        for spec in (f"{port}:80/{protocol}", f"127.0.0.1:{port}:80/{protocol}"):
            with pytest.raises(RuntimeRefusedError, match="port is already allocated") as caught:
                settle([spec], lowest=0)
            assert caught.value.id == "port-in-use"
        # The same number of the other protocol, and a whole range to choose from, are fine.
        other_protocol = "udp" if protocol == "tcp" else "tcp"
        settle([f"{port}:80/{other_protocol}", f"{port}-{port + 1}:80/{protocol}"], lowest=0)
    settle([f"{port}:80/{protocol}"], lowest=0)


def test_an_address_of_somebody_else() -> None:
    with pytest.raises(RuntimeRefusedError) as caught:
        settle(["192.0.2.1:18099:80"], lowest=0)
    assert caught.value.id == "no-such-address"


def test_nothing_to_ask_of_the_host() -> None:
    specs = ["80", "0:80/udp", "127.0.0.1::80", "[::1]::80", "127.0.0.1::81-82"]
    assert settle(specs, lowest=1024) == (
        "80/tcp",
        "80/udp",
        "127.0.0.1::80/tcp",
        "[::1]::80/tcp",
        "127.0.0.1::81-82/tcp",
    )


def test_forms_of_the_engine() -> None:
    specs = ["18080:80", "127.0.0.1:18081:81/UDP", "18090-18092:90-92", "[::1]:18086:80"]
    assert settle(specs, lowest=1024, look=False) == (
        "18080:80/tcp",
        "127.0.0.1:18081:81/udp",
        "18090-18092:90-92/tcp",
        "[::1]:18086:80/tcp",
    )


def test_the_first_free_port_of_a_range() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        spec = f"127.0.0.1:{port}-{port + 3}:80"
        first, second = settle([spec, spec], lowest=0)
        assert first.startswith(f"127.0.0.1:{port + 1}:") or first != second
        assert second.split(":")[1] not in (str(port), first.split(":")[1])
        with pytest.raises(RuntimeRefusedError, match="port is already allocated"):
            settle([f"{port}-{port}:80", f"{port}:81"], lowest=0)


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("18100:80", "18100:81", True),
        ("127.0.0.1:18100:80", "18100:81", True),
        ("18100:80", "127.0.0.1:18100:81", True),
        ("18100-18103:80-83", "18102:81", True),
        ("127.0.0.1:18100:80", "127.0.0.2:18100:81", False),
        ("18100:80", "18100:80/udp", False),
    ],
)
def test_published_twice(first: str, second: str, clash: bool) -> None:
    if not clash:
        assert len(settle([first, second], lowest=0)) == 2
        return
    with pytest.raises(RuntimeRefusedError, match="port is already allocated") as caught:
        settle([first, second], lowest=0)
    assert "published twice" in caught.value.report.hint

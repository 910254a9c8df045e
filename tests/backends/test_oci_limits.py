"""Limits and capabilities in the words of the runtime specification."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.errors import HostError
from rootbuild.execution import Device, Resources, Ulimit
from rootbuild_oci import capabilities, devices, limits

NOFILE = Ulimit("nofile", 10, 20)


def test_rlimits() -> None:
    assert limits.rlimits((NOFILE, Ulimit("core", -1, -1))) == [
        {"type": "RLIMIT_NOFILE", "soft": 10, "hard": 20},
        {"type": "RLIMIT_CORE", "soft": 2**64 - 1, "hard": 2**64 - 1},
    ]


def test_containers_conf() -> None:
    assert limits.containers_conf((NOFILE, Ulimit("core", 0, -1))) == (
        '[containers]\ndefault_ulimits = ["nofile=10:20", "core=0:-1"]\n'
    )


@pytest.mark.parametrize(
    ("hard", "root", "refused"),
    [(20, False, False), (-1, False, False), (19, False, True), (19, True, False)],
)
def test_limits_above_our_own(hard: int, root: bool, refused: bool) -> None:
    if not refused:
        limits.refuse_unreachable((NOFILE,), lambda _: hard, root=root)
        return
    with pytest.raises(HostError, match="cannot have the limit nofile=20: this user's own is 19"):
        limits.refuse_unreachable((NOFILE,), lambda _: hard, root=root)


def test_no_limit_is_above_any() -> None:
    with pytest.raises(HostError, match="nofile=unlimited"):
        limits.refuse_unreachable((Ulimit("nofile", 1, -1),), lambda _: 19, root=False)


def test_our_own_limits() -> None:
    assert limits.own_hard("nofile") == -1 or limits.own_hard("nofile") > 0
    assert limits.own_hard("locks") == -1


def test_resources() -> None:
    assert limits.group(Resources()) == {}
    whole = Resources(1, -1, 3, 4, 5, "0-1", "0", "/parent")
    assert limits.group(whole) == {
        "memory": {"limit": 1, "swap": -1},
        "cpu": {"shares": 3, "period": 4, "quota": 5, "cpus": "0-1", "mems": "0"},
    }


def test_capabilities_by_number(tmp_path: Path) -> None:
    assert capabilities.named(1 << 0 | 1 << 21 | 1 << 40 | 1 << 63) == (
        "CAP_CHOWN",
        "CAP_SYS_ADMIN",
        "CAP_CHECKPOINT_RESTORE",
    )
    (tmp_path / "status").write_text("Name:\tx\nCapBnd:\t0000000000000021\n")
    assert capabilities.own(tmp_path / "status") == ("CAP_CHOWN", "CAP_KILL")


def test_rules_for_devices() -> None:
    zero = Device(Path("/dev/zero"), "/dev/x", "r")
    assert devices.rules((zero,), insecure=False) == [
        {"allow": False, "access": "rwm"},
        {"allow": True, "type": "c", "major": 1, "minor": 5, "access": "r"},
    ]
    assert all(rule["allow"] for rule in devices.rules((), insecure=True))


def test_devices_of_the_host(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    for name in ("fuse", "net/tun", "loop1", "loop-control", "sda"):
        (tmp_path / name).touch()
    found = [(str(one.source), one.target) for one in devices.of_the_host(tmp_path)]
    names = ("fuse", "net/tun", "loop-control", "loop1")
    assert found == [(f"{tmp_path}/{name}", f"/dev/{name}") for name in names]

"""Networks, name servers, containers, clocks, and podman's pause process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.facts import clock, networks, pause, resolver, surroundings
from rootbuild.facts.account import Account
from rootbuild.facts.ids import IdRange, Ids
from rootbuild.facts.runtimedir import RuntimeDir
from rootbuild.facts.surroundings import Surroundings


def write(path: Path, text: str, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_what_serves_networks(tmp_path: Path) -> None:
    netavark = write(tmp_path / "usr/lib/podman/netavark", "", 0o755)
    for name in ("bridge", "dnsname"):
        write(tmp_path / "usr/lib/cni" / name, "", 0o755)
    found = networks.look(tmp_path, {"pasta": "/usr/bin/pasta"}.get)
    assert found == networks.Networks(str(netavark), "", ("bridge", "dnsname"), ("pasta",))


@pytest.mark.parametrize(
    ("text", "servers", "local"),
    [
        ("# none\n", (), False),
        ("nameserver 127.0.0.53\noptions x\n", ("127.0.0.53",), True),
        ("nameserver ::1\nnameserver fe80::1%eth0\n", ("::1", "fe80::1%eth0"), False),
    ],
)
def test_name_servers(tmp_path: Path, text: str, servers: tuple[str, ...], local: bool) -> None:
    write(tmp_path / "etc/resolv.conf", text)
    write(tmp_path / "run/systemd/resolve/resolv.conf", "nameserver 192.0.2.1\n")
    found = resolver.look(tmp_path)
    assert (found.servers, found.local, found.behind) == (servers, local, ("192.0.2.1",))


def test_the_host_itself(tmp_path: Path) -> None:
    assert surroundings.look(tmp_path) == Surroundings()


def test_in_a_container(tmp_path: Path) -> None:
    write(tmp_path / "proc/self/uid_map", "0 1000 1\n1 100000 65536\n")
    write(tmp_path / "proc/self/status", "Name:\tx\nSeccomp:\t2\nThreads:\t1\n")
    write(tmp_path / "sys/fs/selinux/enforce", "1")
    write(tmp_path / "run/systemd/container", "lxc\n")
    assert surroundings.look(tmp_path) == Surroundings("lxc", 65537, "enforcing", True)
    write(tmp_path / "proc/self/environ", "A=1\0KUBERNETES_SERVICE_HOST=x\0")
    assert surroundings.look(tmp_path).container == "kubernetes"
    write(tmp_path / ".dockerenv", "")
    assert surroundings.look(tmp_path).container == "docker"
    write(tmp_path / "run/.containerenv", "")
    assert surroundings.look(tmp_path).container == "podman"


def test_the_clock(tmp_path: Path) -> None:
    future = 4_000_000_000.0
    path = write(tmp_path / "etc/passwd", "")
    os.utime(path, (future, future))
    found = clock.look(tmp_path, now=1.0)
    assert found == clock.Clock(1.0, future, str(path))


def pause_process(root: Path, pid: int, ids: str, theirs: str, ours: str) -> pause.Pause:
    folder = write(root / "run/libpod/tmp/pause.pid", f"{pid}").parents[2]
    write(root / f"proc/{pid}/uid_map", ids)
    mount = "1 0 0:1 / {place} rw shared:1 - {kind} none rw\n"
    for owner, kind in ((pid, theirs), ("self", ours)):
        lines = [mount.format(place="/sys/fs/cgroup", kind="tmpfs")] if kind != "tmpfs" else []
        lines += [mount.format(place="/", kind="ext4")]
        lines += [mount.format(place="/sys/fs/cgroup", kind=kind)]
        write(root / f"proc/{owner}/mountinfo", "".join(lines))
    used = RuntimeDir("", str(folder), good=True, account=Account(1, "ann"))
    return pause.look(used, root)


WHOLE = (IdRange(100000, 65536),)
ANN = Ids("ann", WHOLE, WHOLE, ())


def test_no_pause_process(tmp_path: Path) -> None:
    found = pause.look(RuntimeDir("", str(tmp_path), True, Account(1, "ann")), tmp_path)
    assert found == pause.Pause()
    assert pause.problem(found, ANN) is None


def test_a_pause_process_that_fits(tmp_path: Path) -> None:
    found = pause_process(tmp_path, 7, "0 1000 1\n1 100000 65536\n", "cgroup2", "cgroup2")
    assert found == pause.Pause(7, 65537, "cgroup2", "cgroup2")
    assert pause.problem(found, ANN) is None


@pytest.mark.parametrize(
    ("ids", "theirs", "message"),
    [
        ("0 1000 1\n", "cgroup2", "one id, though ann has 65536"),
        ("0 1000 1\n1 100000 65536\n", "tmpfs", "sees tmpfs at /sys/fs/cgroup, where cgroup2"),
    ],
)
def test_a_pause_process_of_another_time(
    tmp_path: Path, ids: str, theirs: str, message: str
) -> None:
    problem = pause.problem(pause_process(tmp_path, 7, ids, theirs, "cgroup2"), ANN)
    assert problem is not None
    assert problem.id == "stale-pause-process"
    assert message in problem.message
    assert problem.hint.startswith("podman system migrate")

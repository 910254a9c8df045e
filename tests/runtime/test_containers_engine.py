"""Containers, networks and ports for real: podman, as an unprivileged user."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from rootbuild.facts.addresses import own_address

pytestmark = pytest.mark.engine

BASE = "diamol/base"
SERVE = "mkdir -p /www && echo the page > /www/index.html && exec busybox httpd -f -p 80 -h /www"
Rootbuild = Callable[..., "subprocess.CompletedProcess[str]"]


def rootbuild(*argv: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rootbuild", *argv],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=120,
    )


def popen(*argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "rootbuild", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )


def ok(*argv: str, stdin: str = "") -> str:
    done = rootbuild(*argv, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def refused(status: int, *argv: str) -> str:
    done = rootbuild(*argv)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    """A beginning for the names of this run; what bears it is removed at the end."""
    prefix = f"rbt{uuid.uuid4().hex[:8]}"
    yield prefix
    listed = ok("ps", "-a", "--format", "{{.Names}}").split()
    mine = [name for name in listed if name.startswith(prefix)]
    if mine:
        ok("rm", "-f", *mine)
    for network in ok("network", "ls", "--format", "{{.Name}}").split():
        if network.startswith(prefix):
            ok("network", "rm", network)


@pytest.fixture(scope="module")
def network(names: str) -> str:
    name = f"{names}nat"
    created = ok("network", "create", name)
    assert len(created) == 64
    return name


@pytest.fixture(scope="module")
def server(names: str, network: str) -> tuple[str, int]:
    """A container that serves a page, as `web` on the network and on a port of the host."""
    name, port = f"{names}web", free_port()
    id = ok("run", "--name", name, "-d", "-p", f"{port}:80", "--network", network, BASE,
            "sh", "-c", SERVE)  # fmt: skip
    assert len(id) == 64
    return name, port


def test_the_host_gets_the_page(server: tuple[str, int]) -> None:
    page = ""
    deadline = time.monotonic() + 20
    while not page and time.monotonic() < deadline:
        try:
            page = urlopen(f"http://127.0.0.1:{server[1]}/", timeout=5).read().decode()
        except (URLError, OSError):
            time.sleep(0.2)
    assert page == "the page\n"


def test_another_container_gets_the_page_by_name(server: tuple[str, int], network: str) -> None:
    page = ok("run", "--rm", "--network", network, BASE, "sh", "-c",
              f"for i in 1 2 3 4 5; do busybox wget -q -O - http://{server[0]}/ && break; sleep 1;"
              " done")  # fmt: skip
    assert page == "the page"


def test_port_and_listings(server: tuple[str, int], network: str) -> None:
    name, port = server
    assert ok("port", name) == f"80/tcp -> 0.0.0.0:{port}"
    assert name in ok("container", "ls")
    assert name in ok("ps", "--filter", f"name={name}", "--format", "{{.Names}}")
    assert network in ok("network", "ls")
    assert network in ok("network", "inspect", network)
    assert ok("inspect", "-f", "{{.State.Status}}", name) == "running"
    assert ok("container", "inspect", "-f", "{{.State.Running}}", name) == "true"


def test_name_in_use(server: tuple[str, int]) -> None:
    id = ok("inspect", "-f", "{{.Id}}", server[0])
    said = refused(125, "run", "-d", "--name", server[0], BASE, "true")
    assert f'The container name "/{server[0]}" is already in use by container "{id}"' in said


def test_port_in_use(server: tuple[str, int], names: str) -> None:
    said = refused(125, "run", "-d", "--name", f"{names}x", "-p", f"{server[1]}:80", BASE, "true")
    assert "port is already allocated" in said
    assert "[port-in-use]" in said
    assert "No such container" in refused(1, "container", "inspect", f"{names}x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may listen anywhere")
def test_privileged_port(names: str) -> None:
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as file:
        lowest = int(file.read())
    if lowest < 2:
        pytest.skip("every port is free for all here")
    said = refused(125, "run", "-d", "--name", f"{names}p", "-p", f"{lowest - 1}:80", BASE, "true")
    assert "[privileged-port]" in said
    assert f"sysctl -w net.ipv4.ip_unprivileged_port_start={lowest - 1}" in said


def test_networks_that_are_not_there(network: str) -> None:
    assert "network nope not found" in refused(125, "run", "--network", "nope", BASE, "true")
    assert "network nope not found" in refused(1, "network", "rm", "nope")
    assert "network nope not found" in refused(1, "network", "inspect", "nope")
    assert f"network with name {network} already exists" in refused(1, "network", "create", network)
    assert ok("network", "rm", "-f", "nope") == ""


def test_a_network_in_use_stays(server: tuple[str, int], network: str) -> None:
    said = refused(1, "network", "rm", network)
    assert f"network {network} has active endpoints: {server[0]}" in said


def test_what_does_not_start_leaves_nothing(names: str) -> None:
    done = rootbuild("run", "-d", "--name", f"{names}bad", BASE, "/no/such/program")
    assert done.returncode == 127
    assert done.stdout == ""
    assert "No such container" in refused(1, "container", "inspect", f"{names}bad")


def test_streams_and_exit_codes() -> None:
    done = rootbuild(
        "run", "--rm", "-i", BASE, "sh", "-c", "cat; echo no >&2; exit 42", stdin="yes"
    )
    assert (done.returncode, done.stdout) == (42, "yes")
    assert done.stderr.endswith("no\n")
    assert rootbuild("run", "--rm", BASE, "sh", "-c", "exit 137").returncode == 137
    assert rootbuild("run", "--rm", BASE, "sh", "-c", "exit 125").returncode == 125


def test_unknown_image() -> None:
    said = refused(125, "run", "--pull=never", "no/such")
    assert "No such image: no/such:latest" in said
    assert "No such image: nope:latest" in refused(1, "image", "inspect", "nope")
    assert "No such image: nope:latest" in refused(1, "rmi", "nope")


def test_exec(server: tuple[str, int]) -> None:
    name = server[0]
    assert ok("exec", "-e", "A=b c", "-w", "/www", name, "sh", "-c", "pwd; echo $A") == "/www\nb c"
    assert rootbuild("exec", name, "sh", "-c", "exit 7").returncode == 7
    assert ok("exec", "-i", name, "cat", stdin="through") == "through"
    assert "No such container: nope" in refused(1, "exec", "nope", "true")


def test_life_of_a_container(names: str) -> None:
    name = f"{names}life"
    ok("create", "--name", name, BASE, "sh", "-c", "echo started; exit 5")
    assert rootbuild("start", "-a", name).returncode == 5
    assert ok("logs", name) == "started"
    assert ok("wait", name) == "5"
    assert "is not running" in refused(1, "exec", name, "true")
    ok("rename", name, f"{name}2")
    assert ok("rm", f"{name}2") == f"{name}2"
    for verb in ("stop", "start", "kill", "rm", "logs", "wait", "restart", "port", "top"):
        assert "No such container: nope" in refused(1, verb, "nope")
    assert rootbuild("rm", "-f", "nope").returncode == 0


def test_stop_and_remove_some_of_many(names: str) -> None:
    one = f"{names}one"
    ok(
        "run",
        "-d",
        "--name",
        one,
        BASE,
        "sh",
        "-c",
        "trap 'exit 0' TERM; while :; do sleep 1; done",
    )
    assert f'cannot remove container "/{one}"' in refused(1, "rm", one)
    done = rootbuild("stop", "-t", "5", "nope", one)
    assert (done.returncode, done.stdout.strip()) == (1, one)
    assert "No such container: nope" in done.stderr
    assert ok("inspect", "-f", "{{.State.Status}}", one) == "exited"
    assert ok("rm", one) == one


def test_images(names: str) -> None:
    tag = f"{names}/img:1"
    ok("tag", BASE, tag)
    try:
        id = ok("image", "inspect", "-f", "{{.Id}}", tag)
        assert id == ok("image", "inspect", "-f", "{{.Id}}", BASE)
        rows = [line.split()[:3] for line in ok("images").splitlines()]
        assert [f"{names}/img", "1", id.removeprefix("sha256:")[:12]] in rows
        assert [BASE, "latest", id.removeprefix("sha256:")[:12]] in rows
        assert ok("image", "ls", "-q", "--no-trunc", tag) == id
        assert ok("history", "-q", tag)
        assert ok("run", "--rm", tag, "echo", "here") == "here"
        assert ok("run", "--rm", id[:12], "echo", "here") == "here"
    finally:
        ok("rmi", tag)
    assert f"No such image: {tag}" in refused(1, "image", "inspect", tag)


def test_what_podman_named_is_found(names: str) -> None:
    subprocess.run(["podman", "tag", f"docker.io/{BASE}", f"localhost/{names}own"], check=True)
    try:
        assert ok("run", "--rm", f"{names}own", "echo", "here") == "here"
    finally:
        ok("rmi", f"{names}own")


def test_volumes(names: str) -> None:
    volume = f"{names}vol"
    assert ok("volume", "create", volume) == volume
    ok("run", "--rm", "-v", f"{volume}:/data", BASE, "sh", "-c", "echo kept > /data/f")
    assert ok("run", "--rm", "-v", f"{volume}:/data", BASE, "cat", "/data/f") == "kept"
    assert volume in ok("volume", "ls", "-q")
    assert ok("volume", "rm", volume) == volume
    assert f"get {volume}: no such volume" in refused(1, "volume", "rm", volume)


# The last one with the server: podman 4.3 drops the namespace that rootless networks share when the
# only running container leaves a network, so that it has none any more.
def test_connect_and_disconnect(server: tuple[str, int], names: str) -> None:
    other = f"{names}other"
    ok("network", "create", "--subnet", "10.197.43.0/24", "--label", "a=b", other)
    ok("network", "connect", "--alias", "page", other, server[0])
    page = ok("run", "--rm", "--network", other, BASE, "busybox", "wget", "-q", "-O", "-",
              "http://page/")  # fmt: skip
    assert page == "the page"
    ok("network", "disconnect", other, server[0])
    assert "network nope not found" in refused(1, "network", "connect", "nope", server[0])
    assert "No such container: nope" in refused(1, "network", "connect", other, "nope")
    assert ok("network", "rm", other) == other
    ok("rm", "-f", server[0])


def test_who_stays_on_a_network_is_still_found(names: str) -> None:
    """When another container has left it."""
    network, stays, asks, leaves = (
        f"{names}{part}" for part in ("left", "stays", "asks", "leaves")
    )
    ok("network", "create", network)
    for name in (stays, asks, leaves):
        ok("run", "-d", "--name", name, "--network", network, BASE, "sleep", "100")
    ok("network", "disconnect", network, leaves)
    said = ok(
        "exec", asks, "sh", "-c", f"for i in 1 2 3; do nslookup {stays} && break; sleep 1; done"
    )
    assert stays in said
    ok("rm", "-f", stays, asks, leaves)
    ok("network", "rm", network)


def test_a_folder_that_a_volume_names_is_made(tmp_path: Path) -> None:
    run = ("run", "--rm", "--network=none", "-v")
    ok(*run, f"{tmp_path}/new/deep:/o", BASE, "touch", "/o/made")
    assert (tmp_path / "new/deep/made").exists()
    refused(125, *run, "/proc/new:/o", BASE, "true")


def test_the_host_by_name() -> None:
    shown = ok("run", "--rm", "--add-host=a=host-gateway", BASE, "cat", "/etc/hosts")
    (line,) = (line for line in shown.splitlines() if line.split()[1:] == ["a"])
    assert line.split()[0] == own_address()


def test_gpus_where_there_are_none() -> None:
    said = refused(125, "run", "--rm", "--gpus", "all", BASE, "true")
    assert 'could not select device driver "" with capabilities: [[gpu]]' in said


def test_nobody_reads_an_archive_to_its_end(names: str) -> None:
    """The engine alone would never end."""
    name = f"{names}large"
    ok("run", "--name", name, BASE, "dd", "if=/dev/zero", "of=/zeros", "bs=1M", "count=8")
    running = popen("export", name)
    assert running.stdout is not None
    assert len(running.stdout.read(100)) == 100
    running.stdout.close()
    assert running.wait(60) == 128 + signal.SIGPIPE
    ok("rm", name)


@pytest.fixture
def sleeper(names: str) -> Iterator[str]:
    """A container that does nothing."""
    name = f"{names}sleeper"
    ok("run", "-d", "--name", name, "--network=none", BASE, "sleep", "600")
    yield name
    ok("rm", "-f", name)


@pytest.mark.parametrize("verb", [["logs", "-f"], ["wait"]])
def test_an_interrupt_is_no_failure(verb: list[str], sleeper: str) -> None:
    with popen(*verb, sleeper) as running:
        time.sleep(2)
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(60) == 128 + signal.SIGINT


def test_a_command_in_the_background_is_not_told_of(sleeper: str) -> None:
    assert ok("exec", "-d", sleeper, "true") == ""
    assert "No such container: nope" in refused(1, "exec", "-d", "nope", "true")


@pytest.mark.parametrize("verb", [["run", "--rm", "-it", BASE], ["exec", "-it", "web"]])
def test_a_terminal_is_needed(verb: list[str]) -> None:
    assert refused(1, *verb, "true") == "ERROR: the input device is not a TTY\n"

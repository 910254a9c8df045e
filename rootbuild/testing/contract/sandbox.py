"""What surrounds a process."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

from rootbuild.backend import Backend, Exec
from rootbuild.execution import HOST_GATEWAY, Security
from rootbuild.records import replace
from rootbuild.testing.contract.containers import container, execute, refused, shell

STATUS = "grep -E '^(CapEff|CapBnd|Seccomp):' /proc/self/status"
# CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT
# MKNOD AUDIT_WRITE SETFCAP
CAPABILITIES = 0xA80425FB


class SandboxContract:
    """Capabilities, names and networks.

    `unconfined` is false for an engine that cannot take the usual confinement away; it must refuse.
    """

    unconfined = True

    def test_confinement(self, backend: Backend, base: str) -> None:
        """System calls are filtered; only root has capabilities, and those are BuildKit's."""
        states = {}
        with container(backend, base) as (name, _):
            for uid in (0, 33):
                states[uid] = _status(backend, name, replace(shell(STATUS), uid=uid, gid=uid))
        assert states[0]["Seccomp"] == states[33]["Seccomp"] == "2"
        assert int(states[0]["CapEff"], 16) == int(states[0]["CapBnd"], 16) == CAPABILITIES
        assert int(states[33]["CapEff"], 16) == 0

    def test_an_insecure_step(self, backend: Backend, base: str) -> None:
        """It has all that the namespace has, whoever it runs as; or it is refused."""
        command = replace(
            shell(f"{STATUS}; grep -c -E ' /proc/(kcore|sys|bus|acpi) ' /proc/mounts; true"),
            security=Security(insecure=True),
        )
        with container(backend, base) as (name, _):
            if not self.unconfined:
                refused(backend, name, command)
                return
            _, text = execute(backend, name, command)
            other = _status(backend, name, replace(command, uid=33, gid=33))
        found = _lines(text)
        ours = _lines(Path("/proc/self/status").read_text())
        assert found["Seccomp"] == "0"
        assert found["CapEff"] == found["CapBnd"] == other["CapEff"] == ours["CapBnd"]
        assert text.splitlines()[-1] == "0"

    def test_other_confinements(self, backend: Backend, base: str, tmp_path: Path) -> None:
        """Rules of one's own, none, and no way to more privileges; or they are refused."""
        rules = tmp_path / "rules.json"
        rules.write_text(json.dumps(_all_but("mkdir", "mkdirat")))
        with container(backend, base) as (name, _):
            wanted = (
                (Security(seccomp="unconfined"), "grep -q '^Seccomp:.0' /proc/self/status"),
                (Security(no_new_privileges=True), "grep -q '^NoNewPrivs:.1' /proc/self/status"),
                (Security(seccomp=str(rules)), "! mkdir /made 2>&- && [ ! -e /made ]"),
            )
            for security, script in wanted:
                command = replace(shell(script), security=security)
                if self.unconfined:
                    assert execute(backend, name, command)[0] == 0
                else:
                    refused(backend, name, command)

    def test_hostname_and_hosts(self, backend: Backend, base: str) -> None:
        """The build's host name resolves, and so do names that were given."""
        command = replace(
            shell("hostname; cat /etc/hosts"),
            hostname="somebuild",
            hosts=(("other.example", "192.0.2.7"), ("six.example", "2001:db8::1")),
        )
        with container(backend, base) as (name, _):
            code, text = execute(backend, name, command)
        assert code == 0
        name_line, *lines = text.splitlines()
        assert name_line == "somebuild"
        known = {
            (name, words[0]) for line in lines if (words := line.split()) for name in words[1:]
        }
        assert {("localhost", "127.0.0.1"), ("somebuild", "127.0.0.1")} <= known
        assert {("other.example", "192.0.2.7"), ("six.example", "2001:db8::1")} <= known

    def test_networks(self, backend: Backend, base: str) -> None:
        """None has a loopback interface alone; the host's is the host's; both can be had."""
        seen = {}
        with container(backend, base) as (name, _), backend.session():
            for mode in ("none", "host", "default"):
                command = replace(shell("cat /proc/net/dev; ping -c1 -w2 127.0.0.1"), network=mode)
                _, text = execute(backend, name, command)
                seen[mode] = {
                    line.split(":")[0].strip()
                    for line in text.splitlines()
                    if ":" in line and "|" not in line and "bytes" not in line
                } - {"Error"}
        ours = {line.split(":")[0].strip() for line in _net_dev() if ":" in line}
        assert seen["none"] & (ours | {"tap0"}) == {"lo"}
        assert ours <= seen["host"]
        assert len(seen["default"]) > 1

    def test_the_host_s_gateway(self, backend: Backend, base: str) -> None:
        """The name leads to something that listens on this host."""
        with socket.create_server(("", 0)) as listener:
            port = listener.getsockname()[1]

            def answer() -> None:
                client, _ = listener.accept()
                with client:
                    client.sendall(b"here I am\n")

            thread = threading.Thread(target=answer, daemon=True)
            thread.start()
            command = replace(
                shell(f"nc -w 5 gate.example {port} </dev/null"),
                network="default",
                hosts=(("gate.example", HOST_GATEWAY),),
            )
            with container(backend, base) as (name, _), backend.session():
                assert execute(backend, name, command) == (0, "here I am\n")


def _net_dev() -> list[str]:
    return Path("/proc/net/dev").read_text().splitlines()[2:]


def _status(backend: Backend, name: str, command: Exec) -> dict[str, str]:
    code, text = execute(backend, name, command)
    assert code == 0
    return _lines(text)


def _lines(text: str) -> dict[str, str]:
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def _all_but(*names: str) -> dict[str, object]:
    """Seccomp rules that allow everything but some system calls."""
    rule = {"names": list(names), "action": "SCMP_ACT_ERRNO"}
    return {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}

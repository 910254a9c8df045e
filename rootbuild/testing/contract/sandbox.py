"""What surrounds a process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rootbuild.backend import Backend
from rootbuild.testing.contract.containers import container, execute, shell


class SandboxContract:
    """Capabilities, names and networks."""

    def test_confinement(self, backend: Backend, base: str) -> None:
        """System calls are filtered; only root has capabilities, and few."""
        script = "grep -E '^(CapEff|CapBnd|Seccomp):' /proc/self/status"
        states = {}
        with container(backend, base) as (name, _):
            for uid in (0, 33):
                code, text = execute(backend, name, replace(shell(script), uid=uid, gid=uid))
                assert code == 0
                states[uid] = dict(line.split(":\t") for line in text.splitlines() if ":\t" in line)
        sys_admin = 1 << 21
        assert states[0]["Seccomp"] == states[33]["Seccomp"] == "2"
        assert int(states[0]["CapEff"], 16) > 0
        assert not int(states[0]["CapBnd"], 16) & sys_admin
        assert int(states[33]["CapEff"], 16) == 0

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


def _net_dev() -> list[str]:
    return Path("/proc/net/dev").read_text().splitlines()[2:]

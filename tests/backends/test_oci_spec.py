"""The runtime specification as data."""

import json
from pathlib import Path
from typing import Any

from rootbuild.backend import Bind, Exec, Memory
from rootbuild.execution import Device, Hook, Limits, Resources, Security, Ulimit
from rootbuild_oci import spec


def made(command: Exec, **sandbox: Any) -> Any:
    whole = spec.specification(command, spec.Sandbox(Path("/rootfs"), **sandbox))
    return json.loads(json.dumps(whole))


def namespaces(found: Any) -> dict[str, str]:
    return {entry["type"]: entry.get("path", "") for entry in found["linux"]["namespaces"]}


def test_the_process_is_what_was_asked_for() -> None:
    command = Exec(
        ("a", "b"), env=(("K", "v"),), cwd="/w", uid=1, gid=2, groups=(2, 3), hostname="h"
    )
    found = made(command)
    assert found["process"]["args"] == ["a", "b"]
    assert found["process"]["env"] == ["K=v"]
    assert found["process"]["cwd"] == "/w"
    assert found["process"]["user"] == {
        "uid": 1,
        "gid": 2,
        "additionalGids": [2, 3],
        "umask": 0o022,
    }
    assert found["hostname"] == "h"
    assert found["root"] == {"path": "/rootfs"}


def test_capabilities_are_never_ambient_or_inheritable() -> None:
    capabilities = made(Exec(("a",)))["process"]["capabilities"]
    assert set(capabilities) == {"bounding", "effective", "permitted"}
    assert "CAP_SYS_ADMIN" not in capabilities["bounding"]
    assert "CAP_CHOWN" in capabilities["bounding"]


def test_networks() -> None:
    assert namespaces(made(Exec(("a",)), network=""))["network"] == ""
    assert namespaces(made(Exec(("a",)), network="/n"))["network"] == "/n"
    assert "network" not in namespaces(made(Exec(("a",)), network=None))
    assert "sysctl" not in made(Exec(("a",)), network=None)["linux"]


def test_namespaces_and_hidden_paths() -> None:
    found = made(Exec(("a",)), cgroup_namespace=False)
    assert {"pid", "ipc", "uts", "mount"} <= set(namespaces(found))
    assert "cgroup" not in namespaces(found)
    assert "cgroup" in namespaces(made(Exec(("a",))))
    assert "/proc/kcore" in found["linux"]["maskedPaths"]
    assert "/proc/sys" in found["linux"]["readonlyPaths"]


def test_binds_are_read_only() -> None:
    found = made(Exec(("a",)), binds=((Path("/h"), "/etc/hosts"),))
    bind = found["mounts"][-1]
    assert (bind["destination"], bind["source"], bind["type"]) == ("/etc/hosts", "/h", "bind")
    assert "ro" in bind["options"]


def test_seccomp_only_where_there_are_rules() -> None:
    assert "seccomp" not in made(Exec(("a",)))["linux"]
    assert made(Exec(("a",)), seccomp={"x": 1})["linux"]["seccomp"] == {"x": 1}


def test_mounts_of_the_step() -> None:
    mounts = (
        Bind(Path("/h/file"), "/c/file"),
        Bind(Path("/h/folder"), "/c/folder", read_only=False),
        Memory("/c/memory", 4096),
        Memory("/c/plain", read_only=True),
    )
    found = made(Exec(("a",), mounts=mounts))["mounts"][-4:]
    assert [entry["destination"] for entry in found] == [mount.target for mount in mounts]
    assert [entry["type"] for entry in found] == ["bind", "bind", "tmpfs", "tmpfs"]
    assert ["ro" in entry["options"] for entry in found] == [True, False, False, True]
    assert "size=4096" in found[2]["options"]
    assert not any(option.startswith("size=") for option in found[3]["options"])
    assert not any("noexec" in entry["options"] for entry in found)


def test_secret_variables_win() -> None:
    command = Exec(("a",), env=(("K", "v"), ("L", "w")), secrets=(("K", "s3c"),))
    assert made(command)["process"]["env"] == ["K=s3c", "L=w"]
    assert "s3c" not in repr(command)


def test_capabilities_are_buildkit_s() -> None:
    names = "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP"
    names += " NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    assert set(spec.CAPABILITIES) == {f"CAP_{name}" for name in names.split()}


def test_an_insecure_step_keeps_what_it_has_whoever_it_is() -> None:
    command = Exec(("a",), security=Security(insecure=True))
    found = made(command, capabilities=("CAP_SYS_ADMIN",))
    sets = found["process"]["capabilities"]
    assert set(sets) == {"bounding", "effective", "permitted", "inheritable", "ambient"}
    assert all(kept == ["CAP_SYS_ADMIN"] for kept in sets.values())
    assert found["linux"]["maskedPaths"] == found["linux"]["readonlyPaths"] == []
    assert "rw" in options(found, "/sys")
    assert "ro" in options(made(command, writable_sys=False), "/sys")
    assert "ro" in options(made(Exec(("a",))), "/sys")


def options(found: Any, target: str) -> list[str]:
    (mount,) = [mount for mount in found["mounts"] if mount["destination"] == target]
    listed: list[str] = mount["options"]
    return listed


def test_limits() -> None:
    limits = Limits((Ulimit("nofile", 1, 2),), 4096, Resources(memory=5, cgroup_parent="/p"))
    found = made(Exec(("a",), limits=limits), cgroup="/p/id")
    assert found["process"]["rlimits"] == [{"type": "RLIMIT_NOFILE", "soft": 1, "hard": 2}]
    assert "size=4096" in options(found, "/dev/shm")
    assert found["linux"]["resources"]["memory"] == {"limit": 5}
    assert found["linux"]["cgroupsPath"] == "/p/id"
    plain = made(Exec(("a",)))
    assert "cgroupsPath" not in plain["linux"]
    assert plain["process"]["rlimits"] == []
    assert "size=67108864" in options(plain, "/dev/shm")


def test_devices_and_hooks() -> None:
    command = Exec(
        ("a",),
        devices=(Device(Path("/dev/zero"), "/dev/new"),),
        hooks=(Hook("prestart", "/h"), Hook("poststop", "/p", ("p", "x"), ("A=1",), 5)),
        security=Security(no_new_privileges=True),
    )
    found = made(command)
    assert found["mounts"][-1]["source"] == "/dev/zero"
    assert "nodev" not in options(found, "/dev/new")
    assert found["hooks"] == {
        "prestart": [{"path": "/h", "args": [], "env": []}],
        "poststop": [{"path": "/p", "args": ["p", "x"], "env": ["A=1"], "timeout": 5}],
    }
    assert found["process"]["noNewPrivileges"]
    assert "hooks" not in made(Exec(("a",)))

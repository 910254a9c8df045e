"""What surrounds a RUN on a real engine: names, limits, security, devices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine

CAPABILITIES = "00000000a80425fb"  # BuildKit's fourteen


def test_names_limits_and_capabilities(project: Project) -> None:
    text = (
        "FROM diamol/base\n"
        "RUN hostname >/seen; grep gate /etc/hosts | wc -l >>/seen;"
        " ulimit -n >>/seen; ulimit -Hn >>/seen;"
        " df -k /dev/shm | awk 'END { print $2 }' >>/seen;"
        " awk '/^(CapEff|Seccomp|NoNewPrivs):/ { print $2 }' /proc/self/status >>/seen\n"
    )
    options = (
        *("--build-arg", "BUILDKIT_SANDBOX_HOSTNAME=elsewhere", "--add-host", "gate:host-gateway"),
        *("--ulimit", "nofile=123:456", "--shm-size", "5m"),
    )
    project.build(text, *options, "--security-opt", "no-new-privileges")
    expected = f"elsewhere\n1\n123\n456\n5120\n{CAPABILITIES}\n1\n2\n"
    assert project.run("cat", "/seen") == expected
    # What is not part of the key changes nothing that is known.
    assert "CACHED" in step(project.build(None, *options).stderr)
    other = ("--add-host", "gate:192.0.2.1", *options[4:])
    assert "CACHED" in step(project.build(None, *options[:2], *other).stderr)
    assert "DONE" in step(project.build(None, *other).stderr)
    assert project.run("cat", "/seen").startswith("buildkitsandbox\n1\n")


def step(output: str) -> str:
    """What became of the RUN."""
    (number,) = {line.split()[0] for line in output.splitlines() if "] RUN" in line}
    return "\n".join(line for line in output.splitlines() if line.startswith(f"{number} "))


def test_an_insecure_step(project: Project) -> None:
    text = (
        "FROM diamol/base\nUSER 33\n"
        "RUN --security=insecure mount -t tmpfs none /mnt 2>&1;"
        " awk '/^(CapEff|Seccomp):/ { print $2 }' /proc/self/status >/tmp/seen;"
        " awk '$2 == \"/sys\" { print substr($4, 1, 2) }' /proc/mounts >>/tmp/seen\n"
        "RUN --security=sandbox awk '/^(CapEff|Seccomp):/ { print $2 }' /proc/self/status"
        " >>/tmp/seen\n"
    )
    refused = project.build(text, check=False)
    assert "entitlement security.insecure is not allowed" in refused.stderr
    assert "Dockerfile:3" in refused.stderr
    project.build(text, "--allow", "security.insecure")
    capabilities, seccomp, sys, *sandbox = project.run("cat", "/tmp/seen").splitlines()
    assert int(capabilities, 16) & 1 << 21  # CAP_SYS_ADMIN
    assert (seccomp, sys) == ("0", "rw")
    assert sandbox == ["0000000000000000", "2"]


def test_limits_of_a_control_group_are_never_left_out(project: Project) -> None:
    """Where this host cannot serve them, the build says what is missing and how to get it."""
    project.build("FROM diamol/base\nRUN true\n")
    result = project.build(None, "-m", "64m", "--no-cache", check=False)
    if result.status != 0:
        assert "[no-cgroup]" in result.stderr
        assert "hint: " in result.stderr
        return
    limits = "find /sys/fs/cgroup -name memory.max | xargs grep -qx 67108864"
    project.build(f"FROM diamol/base\nRUN {limits}\n", "-m", "64m")


@pytest.fixture
def specifications(tmp_path: Path) -> Path:
    """A folder with devices in JSON and in YAML."""
    folder = tmp_path / "cdi"
    folder.mkdir()
    (folder / "a.json").write_text(
        json.dumps(
            {
                "cdiVersion": "0.6.0",
                "kind": "vendor.example/zeros",
                "annotations": {"org.mobyproject.buildkit.device.class": "nothing"},
                "containerEdits": {"env": ["COMMON=1", "PATH=/opt/tools:/bin"]},
                "devices": [
                    {
                        "name": "first",
                        "containerEdits": {
                            "env": ["DEVICE=first"],
                            "deviceNodes": [{"path": "/dev/zeros", "hostPath": "/dev/zero"}],
                            "mounts": [
                                {
                                    "hostPath": str(folder),
                                    "containerPath": "/opt/cdi",
                                    "options": ["ro", "nosuid"],
                                }
                            ],
                            "hooks": [
                                {
                                    "hookName": "createRuntime",
                                    "path": "/usr/bin/tee",
                                    "args": ["tee", str(tmp_path / "hooked")],
                                }
                            ],
                            "additionalGids": [77],
                        },
                    },
                ],
            }
        )
    )
    (folder / "b.yaml").write_text(
        "cdiVersion: '0.6.0'\nkind: vendor.example/open\n"
        "annotations:\n  org.mobyproject.buildkit.device.autoallow: 'true'\n"
        "devices:\n- name: one\n  containerEdits:\n    env: [OPEN=1]\n"
    )
    return folder


def test_devices(project: Project, specifications: Path) -> None:
    env = {"CDI_SPEC_DIRS": str(specifications)}
    text = (
        "FROM diamol/base\n"
        "RUN --device=vendor.example/zeros=nothing,required --device=vendor.example/open"
        " --device=vendor.example/none"
        " echo $DEVICE$COMMON$OPEN $PATH >/seen; head -c 2 /dev/zeros | wc -c >>/seen;"
        " ls /opt/cdi | wc -l >>/seen; touch /opt/cdi/x 2>/dev/null || echo read-only >>/seen;"
        " id -G | grep -c 77 >>/seen\n"
        'RUN test ! -e /opt && test ! -e /dev/zeros && test -z "$DEVICE"\n'
    )
    refused = project.build(text, env=env, check=False)
    assert (
        "device vendor.example/zeros=first is requested by the build but not allowed"
        in refused.stderr
    )
    assert "Dockerfile:2" in refused.stderr
    project.build(text, "--allow", "device=vendor.example/zeros", env=env)
    expected = "first11 /opt/tools:/bin\n2\n2\nread-only\n1\n"
    assert project.run("cat", "/seen") == expected
    assert (specifications.parent / "hooked").exists()
    missing = project.build(
        "FROM diamol/base\nRUN --device=vendor.example/none,required true\n",
        *("--allow", "device"),
        env=env,
        check=False,
    )
    assert 'required device "vendor.example/none" is not registered' in missing.stderr


def test_a_device_that_this_host_does_not_have(project: Project, specifications: Path) -> None:
    (specifications / "c.json").write_text(
        '{"cdiVersion": "0.6.0", "kind": "v.example/gone", "devices": [{"name": "x",'
        ' "containerEdits": {"deviceNodes": [{"path": "/dev/no-such-device"}]}}]}'
    )
    result = project.build(
        "FROM diamol/base\nRUN --device=v.example/gone true\n",
        *("--allow", "device"),
        env={"CDI_SPEC_DIRS": str(specifications)},
        check=False,
    )
    assert "/dev/no-such-device is not a device of this host" in result.stderr
    assert "[no-such-device]" in result.stderr

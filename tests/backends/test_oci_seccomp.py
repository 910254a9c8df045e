"""Filtering of seccomp rules."""

from pathlib import Path
from typing import Any

import pytest

from rootbuild.errors import HostError
from rootbuild_oci import seccomp

RULES: dict[str, Any] = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "defaultErrnoRet": 38,
    "defaultErrno": "ENOSYS",
    "archMap": [
        {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
        {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
    ],
    "syscalls": [
        {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [], "includes": {}, "comment": ""},
        {"names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64"]}},
        {"names": ["cacheflush"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
        {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_CHROOT"]}},
        {
            "names": ["chroot"],
            "action": "SCMP_ACT_ERRNO",
            "excludes": {"caps": ["CAP_SYS_CHROOT"]},
            "errnoRet": 1,
            "errno": "EPERM",
        },
        {
            "names": ["socket"],
            "action": "SCMP_ACT_ERRNO",
            "args": [{"index": 0, "value": 16, "valueTwo": 0, "op": "SCMP_CMP_EQ"}],
            "errnoRet": 22,
        },
    ],
}


def names(machine: str, capabilities: tuple[str, ...]) -> list[tuple[str, str]]:
    found: Any = seccomp.rules_for(RULES, machine, capabilities)["syscalls"]
    return [(rule["names"][0], rule["action"][9:]) for rule in found]


@pytest.mark.parametrize(
    ("machine", "capabilities", "expected"),
    [
        ("x86_64", ("CAP_SYS_CHROOT",), ["read", "arch_prctl", "chroot ALLOW", "socket"]),
        ("x86_64", (), ["read", "arch_prctl", "chroot ERRNO", "socket"]),
        ("aarch64", (), ["read", "cacheflush", "chroot ERRNO", "socket"]),
        ("riscv64", (), ["read", "chroot ERRNO", "socket"]),
        ("unheard-of", (), ["read", "chroot ERRNO", "socket"]),
    ],
)
def test_rules_hold_by_architecture_and_capabilities(
    machine: str, capabilities: tuple[str, ...], expected: list[str]
) -> None:
    found = [
        f"{name} {action}" if name == "chroot" else name
        for name, action in names(machine, capabilities)
    ]
    assert found == expected


def test_architectures_of_one_machine() -> None:
    made = seccomp.rules_for(RULES, "x86_64", ())
    assert made["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]
    assert seccomp.rules_for(RULES, "s390x", ())["architectures"] == ["SCMP_ARCH_S390X"]
    assert seccomp.rules_for(RULES, "unheard-of", ())["architectures"] == []


def test_only_keys_of_the_runtime_specification_remain() -> None:
    made: Any = seccomp.rules_for(RULES, "x86_64", ())
    assert set(made) == {"defaultAction", "defaultErrnoRet", "architectures", "syscalls"}
    for rule in made["syscalls"]:
        assert set(rule) <= {"names", "action", "args", "errnoRet"}
    assert made["syscalls"][-1]["args"] == RULES["syscalls"][-1]["args"]


def test_the_first_file_that_exists_counts(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    assert seccomp.load((first, second)) is None
    second.write_text('{"defaultAction": "2"}')
    assert seccomp.load((first, second)) == {"defaultAction": "2"}
    first.write_text("{")
    with pytest.raises(HostError) as caught:
        seccomp.load((first, second))
    assert str(first) in str(caught.value)

"""The containers' seccomp rules, filtered for this machine and a set of capabilities.

The rules' file is a superset of what an OCI runtime takes: each rule may say for which
architectures and capabilities it is meant (`includes`, `excludes`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypedDict

from rootbuild.errors import HostError

PATHS = (Path("/etc/containers/seccomp.json"), Path("/usr/share/containers/seccomp.json"))

# uname's machine -> (name in the rules' includes, name in libseccomp)
ARCHITECTURES = {
    "x86_64": ("amd64", "SCMP_ARCH_X86_64"),
    "i686": ("386", "SCMP_ARCH_X86"),
    "aarch64": ("arm64", "SCMP_ARCH_AARCH64"),
    "armv7l": ("arm", "SCMP_ARCH_ARM"),
    "ppc64le": ("ppc64le", "SCMP_ARCH_PPC64LE"),
    "s390x": ("s390x", "SCMP_ARCH_S390X"),
    "riscv64": ("riscv64", "SCMP_ARCH_RISCV64"),
    "mips64": ("mips64", "SCMP_ARCH_MIPS64"),
    "loongarch64": ("loong64", "SCMP_ARCH_LOONGARCH64"),
}


class Conditions(TypedDict, total=False):
    """When a rule is (or is not) meant."""

    arches: list[str]
    caps: list[str]


Json = Mapping[str, object]


def load(paths: Collection[Path] = PATHS) -> Json | None:
    """The first rules' file of this host; None if it has none."""
    for path in paths:
        try:
            text = path.read_text()
        except FileNotFoundError:
            continue
        try:
            rules = json.loads(text)
        except ValueError as error:
            raise HostError(
                f"{path} is not valid JSON: {error}",
                id="seccomp-rules",
                hint="reinstall the package that owns it, or remove the file",
            ) from error
        assert isinstance(rules, dict)
        return rules
    return None


def rules_for(rules: Json, machine: str, capabilities: Collection[str]) -> dict[str, object]:
    """What an OCI runtime takes (`linux.seccomp`) of such a file, for one machine.

    On an architecture that we do not know, only rules for every architecture hold.
    """
    short, long = ARCHITECTURES.get(machine, ("", ""))
    wanted = {
        "defaultAction": rules["defaultAction"],
        "architectures": _architectures(rules, long),
        "syscalls": [
            _bare(rule)
            for rule in _list(rules.get("syscalls"))
            if _holds(rule, short, capabilities)
        ],
    }
    if "defaultErrnoRet" in rules:
        wanted["defaultErrnoRet"] = rules["defaultErrnoRet"]
    return wanted


def _architectures(rules: Json, native: str) -> list[str]:
    for entry in _list(rules.get("archMap")):
        if entry.get("architecture") == native:
            others = entry.get("subArchitectures") or []
            assert isinstance(others, list)
            return [native, *(str(other) for other in others)]
    return [native] if native else []


def _holds(rule: Json, architecture: str, capabilities: Collection[str]) -> bool:
    includes, excludes = _conditions(rule, "includes"), _conditions(rule, "excludes")
    if includes.get("arches") and architecture not in includes["arches"]:
        return False
    if not set(includes.get("caps") or ()) <= set(capabilities):
        return False
    if architecture in (excludes.get("arches") or ()):
        return False
    return not set(excludes.get("caps") or ()) & set(capabilities)


def _bare(rule: Json) -> dict[str, object]:
    """A rule with only the keys that the runtime specification knows."""
    names = rule.get("names") or [rule.get("name")]
    bare: dict[str, object] = {"names": names, "action": rule["action"]}
    for key in ("args", "errnoRet"):
        if rule.get(key):
            bare[key] = rule[key]
    return bare


def _conditions(rule: Json, key: str) -> Conditions:
    found = rule.get(key) or {}
    assert isinstance(found, dict)
    return Conditions(arches=found.get("arches") or [], caps=found.get("caps") or [])


def _list(value: object) -> list[Json]:
    assert value is None or isinstance(value, list)
    return value or []

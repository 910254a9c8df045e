"""Platforms as strings: `os/arch[/variant]`, normalised as containerd does."""

from __future__ import annotations

import functools
import os

from rootbuild.records import dataclass, replace

_MACHINES = {
    "x86_64": ("amd64", ""),
    "amd64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "arm64": ("arm64", ""),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
    "i386": ("386", ""),
    "i686": ("386", ""),
    "ppc64le": ("ppc64le", ""),
    "s390x": ("s390x", ""),
    "riscv64": ("riscv64", ""),
}
_ALIASES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "armhf": "arm",
    "armel": "arm",
    "i386": "386",
}
_ARCHITECTURES = frozenset(
    (
        *("386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle"),
        *("ppc64", "ppc64le", "riscv64", "s390x", "wasm"),
    )
)
_DEFAULT_VARIANTS = {("arm64", "v8"): "", ("arm64", "8"): "", ("amd64", "v1"): ""}


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system and an architecture, as in an image index."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        parts = (self.os, self.architecture, self.variant)
        return "/".join(part for part in parts if part)


@functools.cache
def build_platform() -> Platform:
    """The platform of this host."""
    machine = os.uname().machine
    architecture, variant = _MACHINES.get(machine, (machine, ""))
    return Platform("linux", architecture, variant)


def parse_platform(text: str) -> Platform:
    """Read `os/arch[/variant]`, `arch` or `os`. ValueError if it is none of these."""
    parts = text.strip().lower().split("/")
    if not 1 <= len(parts) <= 3 or not all(parts):
        raise ValueError(f"{text!r}: must be os/arch[/variant]")
    if len(parts) == 1:
        name = parts[0]
        if name in ("linux", "windows", "darwin", "freebsd"):
            return Platform(name, build_platform().architecture, build_platform().variant)
        if name not in _ALIASES and name not in _ARCHITECTURES:
            raise ValueError(f"{text!r}: unknown operating system or architecture")
        parts = ["linux", name]
    architecture = _ALIASES.get(parts[1], parts[1])
    variant = parts[2] if len(parts) == 3 else ""
    if parts[1] == "armel" and not variant:
        variant = "v6"
    if architecture == "arm":
        variant = f"v{variant}" if variant.isdecimal() else variant or "v7"
    return normalized(Platform(parts[0], architecture, variant))


def normalized(platform: Platform) -> Platform:
    """The platform without a variant that goes without saying."""
    key = (platform.architecture, platform.variant)
    return replace(platform, variant=_DEFAULT_VARIANTS.get(key, platform.variant))


def fits(found: Platform, wanted: Platform) -> bool:
    """Whether an image for one platform is what is wanted for another; a variant may be unknown."""
    if (found.os, found.architecture) != (wanted.os, wanted.architecture):
        return False
    return found.variant == wanted.variant or not (found.variant and wanted.variant)

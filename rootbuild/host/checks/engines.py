"""The engines: what is installed, in which version, and how to reach registries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rootbuild.host.finding import Finding, SetMode
from rootbuild.host.patient import Patient

_OLDEST = {"buildah": (1, 23), "podman": (3, 4)}
_PURPOSE = {
    "buildah": ("nothing can be built", ""),
    "podman": ("", "no container can be run"),
}
_OTHERS = (
    *("conmon", "crun", "runc", "netavark", "aardvark-dns"),
    *("slirp4netns", "pasta", "fuse-overlayfs"),
)
_PODMAN_ALONE = Finding(
    "buildah-missing",
    "buildah",
    "note",
    "buildah --version",
    "not installed; podman does its work",
)


def check(patient: Patient) -> Iterator[Finding]:
    """Versions, and files about registries."""
    versions = patient.trials.versions
    for name in _OLDEST:
        if name == "buildah" and name not in versions and "podman" in versions:
            yield _PODMAN_ALONE
        else:
            yield _engine(name, versions.get(name))
    others = ", ".join(f"{name} {versions[name]}" for name in _OTHERS if name in versions)
    yield Finding("helpers", "helper programs", "ok", "asking for versions", others or "none")
    yield from _registries(patient)


def _engine(name: str, version: str | None) -> Finding:
    tried = f"{name} --version"
    builds, runs = _PURPOSE[name]
    if version is None:
        return Finding(
            f"{name}-missing",
            name,
            "broken",
            tried,
            "not installed",
            builds,
            runs,
            (f"sudo apt-get install {name}",),
        )
    if numbers(version) >= _OLDEST[name]:
        return Finding(name, name, "ok", tried, version)
    oldest = ".".join(map(str, _OLDEST[name]))
    return Finding(
        f"{name}-old",
        name,
        "weak",
        tried,
        f"{version}, which is older than {oldest}, the oldest that is known to work",
        "may fail" if builds else "",
        "may fail" if runs else "",
        ("use a newer release of the distribution",),
    )


def numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _registries(patient: Patient) -> Iterator[Finding]:
    found, subject = patient.registries, "registries"
    tried = "looking for files, not into those with credentials"
    files = ", ".join(str(path) for path in found.configuration) or "no registries.conf"
    yield Finding("registries", subject, "ok", tried, files)
    keys = ", ".join(str(path) for path in found.credentials) or "none"
    if not found.exposed:
        yield Finding("credentials", "credentials", "ok", tried, keys)
    for path in found.exposed:
        yield Finding(
            "credentials-exposed",
            "credentials",
            "weak",
            tried,
            f"{path} may be read by other users",
            "credentials of registries may leak",
            "likewise",
            (f"chmod 600 {path}",),
            SetMode(path, 0o600),
        )

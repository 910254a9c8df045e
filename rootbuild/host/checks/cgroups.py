"""Control groups: their version, and whether limits can be set."""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.host.finding import Finding
from rootbuild.host.patient import Patient

SUBJECT = "cgroups"
_TRIED = "looking at /sys/fs/cgroup and at our own group"
_LIMITING = ("cpu", "memory", "pids")
_BOOT = "boot with systemd.unified_cgroup_hierarchy=1"


def check(patient: Patient) -> Iterator[Finding]:
    """What is mounted, and what of it is ours to set."""
    found = patient.cgroups
    if found.layout != "v2":
        yield _old(patient)
        return
    missing = [name for name in _LIMITING if name not in found.delegated]
    if patient.account.root or not missing:
        happened = "version 2" + ("" if patient.account.root else ", limits may be set")
        yield Finding("cgroups", SUBJECT, "ok", _TRIED, happened)
        return
    yield Finding(
        "cgroups-not-delegated",
        SUBJECT,
        "note",
        _TRIED,
        f"version 2; not ours to set: {', '.join(missing)}",
        "--memory and the like cannot be enforced",
        "--memory, --cpus and the like cannot be enforced",
        ("log in by a session of systemd, with Delegate=cpu memory pids for user@.service",),
    )


def _old(patient: Patient) -> Finding:
    layout = patient.cgroups.layout
    if layout == "none":
        happened = "none are mounted"
    elif patient.cgroups.refused_by_crun:
        happened = "versions 1 and 2 side by side, which crun refuses to work with"
    else:
        happened = "version 1" + (
            ", with an empty version 2 beside it" if layout == "hybrid" else ""
        )
    return Finding(
        f"cgroups-{layout}",
        SUBJECT,
        "note",
        _TRIED,
        happened,
        "steps run by runc where crun refuses; no limits without root",
        "likewise: podman is told to use runc; no limits without root",
        (_BOOT,) if layout != "none" else (),
    )

"""/dev/fuse and /dev/net/tun."""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.facts import devices
from rootbuild.host.finding import Finding, of_problem
from rootbuild.host.patient import Patient


def check(patient: Patient) -> Iterator[Finding]:
    """Whether the two can be opened, and who misses them otherwise."""
    yield _fuse(patient)
    yield _tun(patient)


def _fuse(patient: Patient) -> Finding:
    device = patient.fuse
    subject, tried = "FUSE", f"opening {device.path}"
    if device.usable:
        return Finding("fuse-device", subject, "ok", tried, "opened")
    needed = patient.trials.overlay != ""
    return Finding(
        "no-fuse-device",
        subject,
        "weak" if needed else "note",
        tried,
        device.refusal,
        "no fuse-overlayfs"
        + ("" if needed else ", which is not needed: the kernel mounts overlays"),
        "as for builds",
        (f"sudo chmod 0666 {device.path}",) if device.exists else ("sudo modprobe fuse",),
    )


def _tun(patient: Patient) -> Finding:
    device = patient.tun
    subject, tried = "network device", f"opening {device.path}"
    found = devices.problem(device)
    if found is None or patient.account.root:
        happened = device.refusal or "opened"
        return Finding("tun-device", subject, "ok", tried, happened)
    return of_problem(
        found,
        subject,
        tried,
        builds="RUN uses the host's network instead of one of its own",
        runs="containers start with --network none or host only",
    )

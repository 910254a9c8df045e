"""What we run in: a container, SELinux, a clock, podman's own past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from rootbuild.facts import ids, pause
from rootbuild.host.finding import EndPause, Finding, of_problem
from rootbuild.host.patient import Patient

_DAY = 86400


def check(patient: Patient) -> Iterator[Finding]:
    """All that is around."""
    yield from _container(patient)
    yield from _selinux(patient)
    yield _clock(patient)
    yield from _pause(patient)


def _container(patient: Patient) -> Iterator[Finding]:
    found = patient.surroundings
    subject, tried = "surroundings", "looking for marks of a container, and at our own ids"
    inside = f"inside of a container ({found.container})" if found.container else "the host itself"
    if not found.container:
        yield Finding("surroundings", subject, "ok", tried, inside)
    elif found.ids < ids.NEEDED and patient.trials.step:
        yield Finding(
            "few-ids-inside",
            subject,
            "broken",
            tried,
            f"{inside}, which has {found.ids} ids itself",
            "namespaces cannot have the ids that images need",
            "as for builds",
            (
                "start the outer container as root of its host, or with a range of"
                f" {2 * ids.NEEDED} ids",
            ),
        )
    else:
        filtered = ", with filtered system calls" if found.seccomp else ""
        yield Finding("inside-container", subject, "note", tried, inside + filtered)


def _selinux(patient: Patient) -> Iterator[Finding]:
    mode = patient.surroundings.selinux
    if not mode:
        return
    yield Finding(
        "selinux",
        "SELinux",
        "note" if mode == "enforcing" else "ok",
        "reading /sys/fs/selinux/enforce",
        mode,
        "",
        "folders of the host are seen with -v SOURCE:TARGET:z only" if mode == "enforcing" else "",
    )


def _clock(patient: Patient) -> Finding:
    found, subject = patient.clock, "clock"
    tried = "comparing it with the times of files"
    now = datetime.fromtimestamp(found.now, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    if found.now + _DAY >= found.newest:
        return Finding("clock", subject, "ok", tried, now)
    return Finding(
        "clock-behind",
        subject,
        "weak",
        tried,
        f"it says {now}, but {found.witness} is newer",
        "certificates of registries seem invalid, and images get wrong dates",
        "certificates seem invalid",
        ("sudo timedatectl set-ntp true",),
    )


def _pause(patient: Patient) -> Iterator[Finding]:
    if patient.account.root or not patient.pause.pid:
        return
    subject, tried = "podman's pause process", "comparing its namespaces with ours"
    found = pause.problem(patient.pause, patient.ids)
    if found is None:
        yield Finding("pause-process", subject, "ok", tried, f"process {patient.pause.pid} fits")
        return
    happens = "containers start in the old namespaces, as if nothing had changed"
    yield of_problem(found, subject, tried, "broken", "", happens, EndPause())

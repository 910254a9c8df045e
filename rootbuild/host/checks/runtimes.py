"""OCI runtimes and isolation: each is tried on a container of the host's own programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rootbuild.host.finding import Finding
from rootbuild.host.patient import Patient

_RUNTIME = "OCI runtime"
_ISOLATION = "isolation"


def check(patient: Patient) -> Iterator[Finding]:
    """Which runtimes start containers, and what confines steps if none does."""
    tried = patient.trials.ways.get("runtime")
    if tried is None:
        return
    works = patient.trials.working("runtime")
    for name, said in tried.items():
        yield _runtime(name, said, works)
    if not tried:
        yield Finding(
            "no-oci-runtime",
            _RUNTIME,
            "broken",
            "looking for crun and runc",
            "neither is installed",
            "steps run by isolation chroot, slower and confined less",
            "no container starts",
            ("sudo apt-get install crun",),
        )
    yield _isolation(patient, bool(works))


def _runtime(name: str, said: str, works: Sequence[str]) -> Finding:
    how = f"{name} run, on an empty root with this host's programs mounted into it"
    if not said:
        return Finding(name, name, "ok", how, "it ran")
    instead = f"{works[0]} is used" if works else "no other runtime works"
    return Finding(
        f"{name}-refuses",
        name,
        "note" if works else "broken",
        how,
        said,
        instead if works else "steps run by isolation chroot, slower and confined less",
        instead if works else "no container starts",
        () if works else (f"sudo apt-get install {'runc' if name == 'crun' else 'crun'}",),
    )


def _isolation(patient: Patient, works: bool) -> Finding:
    modes = patient.trials.working("isolation")
    tried = "a step of a build with each: " + ", ".join(patient.trials.ways.get("isolation", {}))
    if works:
        return Finding("isolation", _ISOLATION, "ok", tried, ", ".join(modes))
    return Finding(
        "isolation-chroot",
        _ISOLATION,
        "weak",
        tried,
        "chroot alone: " + ", ".join(modes),
        "a step sees the host's processes, and cannot mount below /dev, /proc and /sys",
        "",
    )

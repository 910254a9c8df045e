"""The proof: a whole step of a build, and real containers."""

from __future__ import annotations

from collections.abc import Iterator

from rootbuild.host.finding import Finding
from rootbuild.host.patient import Patient
from rootbuild.host.trial import NOT_MADE


def check(patient: Patient) -> Iterator[Finding]:
    """Whether builds and containers work."""
    trials = patient.trials
    yield _one(
        "build",
        "builds",
        "a step of a build: a container is made, a program run, an image kept and removed",
        trials.step,
        "a step ran, and an image was made of it",
        builds="builds fail",
    )
    yield _one(
        "container",
        "containers",
        "a container without network",
        trials.container,
        "it ran",
        runs="no container starts",
    )
    if trials.container == "":
        yield _one(
            "container-network",
            "networked containers",
            "a container with the usual network",
            trials.networked,
            "it ran",
            runs="containers start with --network none or host only",
        )


def _one(
    id: str,
    subject: str,
    tried: str,
    said: str,
    good: str,
    builds: str = "",
    runs: str = "",
) -> Finding:
    if not said:
        return Finding(id, subject, "ok", tried, good)
    happened = "what it needs has failed already" if said == NOT_MADE else said
    return Finding(f"{id}-fails", subject, "broken", tried, happened, builds, runs)

"""The whole of what the doctor says: all findings, and what works here and how."""

from __future__ import annotations

from rootbuild.host.checks import (
    cgroups,
    devices,
    engines,
    folders,
    ids,
    namespaces,
    network,
    runtimes,
    storage,
    surroundings,
    verdict,
)
from rootbuild.host.finding import Finding
from rootbuild.host.patient import Patient
from rootbuild.records import dataclass

_CHECKS = (
    engines,
    ids,
    namespaces,
    storage,
    devices,
    network,
    cgroups,
    runtimes,
    folders,
    surroundings,
    verdict,
)


@dataclass(frozen=True, slots=True)
class Works:
    """What works here, and how; "" is nothing. `containers` is "yes", "without network" or "no"."""

    builds: bool
    containers: str
    engine: str
    runner: str
    runtime: str
    isolation: str
    storage_driver: str
    network_helper: str
    network_backend: str
    names: bool
    ports: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings in their order, and what works."""

    findings: tuple[Finding, ...]
    works: Works

    @property
    def healthy(self) -> bool:
        """Whether nothing essential is broken."""
        return all(finding.level != "broken" for finding in self.findings)


def diagnose(patient: Patient) -> Diagnosis:
    """Judge all that is known."""
    findings = tuple(finding for check in _CHECKS for finding in check.check(patient))
    return Diagnosis(findings, _works(patient))


def _works(patient: Patient) -> Works:
    trials = patient.trials
    containers = "no"
    if trials.container == "":
        containers = "yes" if trials.networked == "" else "without network"
    first = 0 if patient.account.root else patient.kernel.first_port
    return Works(
        builds=trials.step == "",
        containers=containers,
        engine=_with_version(trials.engine, patient),
        runner=_with_version(trials.runner, patient),
        runtime=next(iter(trials.working("runtime")), ""),
        isolation=next(iter(trials.working("isolation")), ""),
        storage_driver=_driver(patient),
        network_helper=next(iter(trials.working("network-helper")), ""),
        network_backend=network.served_by(patient),
        names=network.names_resolve(patient),
        ports=f"from {first} on" if first else "all",
    )


def _with_version(name: str, patient: Patient) -> str:
    return f"{name} {patient.trials.versions.get(name, '')}".strip()


def _driver(patient: Patient) -> str:
    driver = storage.in_effect(patient)
    how = storage.overlay_mounts(patient)
    return f"{driver} ({how})" if driver == "overlay" and how else driver

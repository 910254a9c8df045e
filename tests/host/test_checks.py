"""The doctor's judgement: what is found when one point differs from a host where all is well."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rootbuild.facts.cgroups import Cgroups
from rootbuild.facts.clock import Clock
from rootbuild.facts.devices import FUSE, TUN, Device
from rootbuild.facts.disk import Room
from rootbuild.facts.ids import Ids, Mapper
from rootbuild.facts.kernel import Kernel
from rootbuild.facts.networks import Networks
from rootbuild.facts.pause import Pause
from rootbuild.facts.registries import Registries
from rootbuild.facts.resolver import Resolver
from rootbuild.facts.runtimedir import RuntimeDir
from rootbuild.facts.store import Store
from rootbuild.facts.surroundings import Surroundings
from rootbuild.host.diagnosis import Diagnosis, diagnose
from rootbuild.host.finding import EndPause, Finding, MakeFolder, SetMode, WriteFile
from rootbuild.host.patient import Patient
from rootbuild.host.trial import NOT_MADE
from tests.host.patients import ANN, GOOD, GOOD_TRIALS, MAPPERS, RANGE, ROOT

PORT = "net.ipv4.ip_unprivileged_port_start"
APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
USED_VFS = Store(Path("/store"), Path("/conf"), recorded="vfs", found=("vfs",))
FRESH = Store(Path("/store"), Path("/conf"))
MISMATCH = Store(Path("/store"), Path("/conf"), configured="overlay", recorded="vfs")
INCOMPLETE = Store(Path("/store"), Path("/conf"), lacks=("runroot",), found=("overlay",))


def but(**changes: Any) -> Patient:
    """The good host with other facts."""
    return replace(GOOD, **changes)


def tried(**changes: Any) -> Patient:
    """The good host with other results of trials."""
    return replace(GOOD, trials=replace(GOOD_TRIALS, **changes))


def ways(**changes: dict[str, str]) -> Patient:
    """The good host with other answers to questions."""
    renamed = {name.replace("_", "-"): answer for name, answer in changes.items()}
    return tried(ways={**GOOD_TRIALS.ways, **renamed})


def bad(diagnosis: Diagnosis) -> dict[str, str]:
    """id -> level of all that is not fine."""
    return {one.id: one.level for one in diagnosis.findings if one.level != "ok"}


def find(patient: Patient, id: str) -> Finding:
    found = [one for one in diagnose(patient).findings if one.id == id]
    assert len(found) == 1
    return found[0]


def test_a_good_host() -> None:
    diagnosis = diagnose(GOOD)
    assert bad(diagnosis) == {}
    assert diagnosis.healthy
    works = diagnosis.works
    assert (works.builds, works.containers) == (True, "yes")
    assert (works.engine, works.runner) == ("buildah 1.28.2", "podman 4.3.1")
    assert (works.runtime, works.isolation, works.network_helper) == ("crun", "oci", "slirp4netns")
    assert (works.storage_driver, works.network_backend) == ("overlay (by the kernel)", "netavark")
    assert works.names
    assert works.ports == "from 80 on"


def test_root_needs_no_ranges_and_no_session() -> None:
    nothing = RuntimeDir("", "/tmp/x", good=False, account=ROOT)
    patient = but(account=ROOT, ids=Ids("root", (), (), ()), runtime_dir=nothing)
    assert bad(diagnose(patient)) == {}
    assert diagnose(patient).works.ports == "all"


CASES: list[tuple[Patient, dict[str, str]]] = [
    (but(ids=Ids("ann", (), (), MAPPERS)), {"no-subids": "broken"}),
    (
        but(ids=Ids("ann", RANGE, RANGE, (Mapper("newuidmap", "", False),))),
        {"uidmap-missing": "broken"},
    ),
    (
        but(ids=Ids("ann", RANGE, RANGE, (Mapper("newuidmap", "/n", False),))),
        {"uidmap-powerless": "broken"},
    ),
    (
        but(kernel=Kernel(((PORT, "80"), ("user.max_user_namespaces", "0")))),
        {"no-user-namespaces": "broken"},
    ),
    (tried(namespace="refused"), {"no-user-namespace": "broken"}),
    (tried(unshare="refused"), {"user-namespace-unlisted": "note"}),
    (but(store=USED_VFS), {"storage-vfs": "weak"}),
    (but(store=FRESH), {"storage-vfs": "weak"}),
    (but(store=MISMATCH), {"storage-driver-mismatch": "broken"}),
    (but(store=Store(Path(), Path("/conf"), unreadable="x")), {"storage-config": "broken"}),
    (but(store=INCOMPLETE), {}),
    (tried(overlay="refused"), {}),
    (
        tried(overlay="refused", fuse_overlayfs="refused"),
        {"storage-overlay-refused": "broken"},
    ),
    (but(fuse=Device(FUSE, "permission denied")), {"no-fuse-device": "note"}),
    (but(tun=Device(TUN, "permission denied")), {"no-tun-device": "broken"}),
    (but(networks=Networks()), {"no-network-backend": "weak"}),
    (but(networks=Networks("/netavark")), {"names-unresolved": "weak"}),
    (
        but(networks=Networks(plugins=("bridge", "firewall", "host-local", "portmap"))),
        {"names-unresolved": "weak"},
    ),
    (
        ways(network_helper={"slirp4netns": "gone", "host": ""}),
        {"no-network-helper": "weak"},
    ),
    (but(resolver=Resolver()), {"no-name-server": "weak"}),
    (but(resolver=Resolver(("127.0.0.1",))), {"local-name-server": "weak"}),
    (but(resolver=Resolver(("127.0.0.53",), ("192.0.2.1",))), {}),
    (but(kernel=Kernel(((PORT, "1024"),))), {"privileged-ports": "note"}),
    (but(cgroups=Cgroups("v2", ("cpu",))), {"cgroups-not-delegated": "note"}),
    (but(cgroups=Cgroups("hybrid", ("hugetlb",))), {"cgroups-hybrid": "note"}),
    (but(cgroups=Cgroups("v1")), {"cgroups-v1": "note"}),
    (but(cgroups=Cgroups("none")), {"cgroups-none": "note"}),
    (ways(runtime={"crun": "refused", "runc": ""}), {"crun-refuses": "note"}),
    (
        replace(tried(namespace="x"), kernel=Kernel(((PORT, "80"), (APPARMOR, "1")))),
        {"apparmor-user-namespaces": "broken"},
    ),
    (
        replace(tried(step="x"), surroundings=Surroundings("podman", 1000)),
        {"few-ids-inside": "broken", "build-fails": "broken"},
    ),
    (
        replace(tried(step="x"), store=INCOMPLETE),
        {"storage-config-incomplete": "broken", "build-fails": "broken"},
    ),
    (tried(versions={"buildah": "1.28.2", "podman": "3.0.1"}), {"podman-old": "weak"}),
    (
        ways(runtime={"runc": "refused"}),
        {"runc-refuses": "broken", "isolation-chroot": "weak"},
    ),
    (ways(runtime={}), {"no-oci-runtime": "broken", "isolation-chroot": "weak"}),
    (
        but(runtime_dir=RuntimeDir("", "/tmp/x", good=False, account=ANN)),
        {"runtime-dir-unset": "note"},
    ),
    (
        but(runtime_dir=RuntimeDir("/gone", "/tmp/x", good=False, account=ANN)),
        {"no-runtime-dir": "weak"},
    ),
    (but(rooms=(Room(Path("/s"), 1 << 30, -1),)), {"little-space": "weak"}),
    (but(rooms=(Room(Path("/s"), 1 << 20, -1),)), {"no-space": "broken"}),
    (but(rooms=(Room(Path("/s"), 1 << 40, 3),)), {"no-space": "broken"}),
    (but(surroundings=Surroundings("docker", 65537)), {"inside-container": "note"}),
    (but(surroundings=Surroundings("docker", 1000)), {"inside-container": "note"}),
    (but(surroundings=Surroundings(selinux="enforcing")), {"selinux": "note"}),
    (but(surroundings=Surroundings(selinux="permissive")), {}),
    (but(clock=Clock(1.0, 1e9, "/etc/passwd")), {"clock-behind": "weak"}),
    (but(pause=Pause(7, 1, "", "")), {"stale-pause-process": "broken"}),
    (but(pause=Pause()), {}),
    (
        but(registries=Registries(credentials=(Path("/a"),), exposed=(Path("/a"),))),
        {"credentials-exposed": "weak"},
    ),
    (tried(versions={"podman": "4.3.1"}), {"buildah-missing": "note"}),
    (tried(versions={}), {"buildah-missing": "broken", "podman-missing": "broken"}),
    (tried(versions={"buildah": "1.28.2"}), {"podman-missing": "broken"}),
    (tried(versions={"buildah": "1.9.0", "podman": "5.0.0-dev"}), {"buildah-old": "weak"}),
    (tried(step="x failed"), {"build-fails": "broken"}),
    (tried(container="x failed"), {"container-fails": "broken"}),
    (tried(networked="x failed"), {"container-network-fails": "broken"}),
]


@pytest.mark.parametrize(("patient", "expected"), CASES)
def test_one_point_differs(patient: Patient, expected: dict[str, str]) -> None:
    diagnosis = diagnose(patient)
    assert bad(diagnosis) == expected
    assert diagnosis.healthy is ("broken" not in expected.values())


def test_every_trouble_says_what_it_means() -> None:
    broken = but(
        ids=Ids("ann", (), (), MAPPERS),
        tun=Device(TUN, "no such device"),
        cgroups=Cgroups("hybrid", ("hugetlb",)),
        store=USED_VFS,
    )
    for finding in diagnose(broken).findings:
        assert finding.tried
        assert finding.happened
        if finding.level not in ("ok", "note"):
            assert finding.builds or finding.runs


def test_apparmor_of_ubuntu() -> None:
    """Its setting is named only where the engine really cannot make a namespace."""
    restricted = Kernel(((PORT, "80"), (APPARMOR, "1")))
    assert bad(diagnose(but(kernel=restricted))) == {}
    trials = replace(GOOD_TRIALS, namespace="buildah exited with 1: permission denied", ids=0)
    finding = find(but(kernel=restricted, trials=trials), "apparmor-user-namespaces")
    assert finding.level == "broken"
    assert "userns," in finding.mend[0]
    assert f"sudo sysctl -w {APPARMOR}=0" in finding.mend[1]


def test_vfs_can_be_left_while_the_store_is_new() -> None:
    finding = find(but(store=FRESH), "storage-vfs")
    fix = finding.fix
    assert isinstance(fix, WriteFile)
    assert fix.path == Path("/conf")
    assert 'driver = "overlay"\n' in fix.text
    assert 'graphroot = "/store"\n' in fix.text
    assert "mount_program" not in fix.text
    assert "> /conf" in finding.mend[0]
    by_fuse = replace(tried(overlay="refused"), store=FRESH)
    fix = find(by_fuse, "storage-vfs").fix
    assert isinstance(fix, WriteFile)
    assert "mount_program" in fix.text


@pytest.mark.parametrize(
    "patient",
    [
        but(store=USED_VFS),
        but(store=replace(FRESH, exists=True)),
        replace(tried(overlay="refused", fuse_overlayfs="refused"), store=FRESH),
    ],
    ids=["in use", "configured by hand", "no overlay"],
)
def test_vfs_is_not_changed_where_that_would_lose_something(patient: Patient) -> None:
    assert find(patient, "storage-vfs").fix is None


def test_what_is_mended_without_root() -> None:
    exposed = Registries(exposed=(Path("/a"),))
    assert find(but(registries=exposed), "credentials-exposed").fix == SetMode(Path("/a"), 0o600)
    assert find(but(pause=Pause(7, 1)), "stale-pause-process").fix == EndPause()
    unset = RuntimeDir("", "/x", good=False, account=ANN, there=False)
    assert isinstance(find(but(runtime_dir=unset), "runtime-dir-unset").fix, MakeFolder)
    there = RuntimeDir("", "/x", good=False, account=ANN)
    assert find(but(runtime_dir=there), "runtime-dir-unset").fix is None


def test_nothing_is_known_of_what_was_not_tried() -> None:
    trials = replace(
        GOOD_TRIALS, namespace=NOT_MADE, step=NOT_MADE, ways={}, container=NOT_MADE, engine=""
    )
    diagnosis = diagnose(but(trials=trials))
    assert not diagnosis.healthy
    assert not diagnosis.works.builds
    assert diagnosis.works.containers == "no"
    assert diagnosis.works.runtime == ""


def test_containers_without_a_network() -> None:
    assert diagnose(tried(networked="x")).works.containers == "without network"


def test_every_finding_is_documented() -> None:
    """docs/doctor.md has each id, and no other."""
    page = (Path(__file__).parents[2] / "docs/doctor.md").read_text()
    table = page[page.index("## Findings") :]
    rows = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    documented = {id for row in rows for id in re.findall("`([^`]+)`", row)}
    patients = [GOOD, *(patient for patient, _ in CASES)]
    made = {finding.id for patient in patients for finding in diagnose(patient).findings}
    assert made == documented

"""Why an engine failed, by the state of the host."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rootbuild.backend import Problem
from rootbuild.errors import EngineError
from rootbuild.facts import account, cgroups, devices, disk, ids, kernel, pause, runtimedir, store
from rootbuild.facts.cgroups import Cgroups
from rootbuild.host import probes
from tests.host.patients import ANN, GOOD, ROOT


@pytest.fixture(autouse=True)
def _good_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an ordinary user of a host where all is well, whoever runs the tests."""
    for module, found in (
        (account, GOOD.account),
        (ids, GOOD.ids),
        (kernel, GOOD.kernel),
        (cgroups, GOOD.cgroups),
        (devices, GOOD.tun),
        (runtimedir, GOOD.runtime_dir),
        (store, GOOD.store),
        (pause, GOOD.pause),
    ):
        monkeypatch.setattr(module, "look", lambda *_, found=found: found)
    monkeypatch.setattr(disk, "full", lambda folders: None)


def problem(monkeypatch: pytest.MonkeyPatch, module: object, id: str) -> None:
    monkeypatch.setattr(module, "problem", lambda *_: Problem(f"{id} is bad", f"mend {id}", id=id))


def failed(command: str = "/usr/bin/buildah from x", id: str = "engine") -> EngineError:
    error = EngineError("buildah exited with 125", command=command, output="", id=id, hint="h")
    probes.explain(error)
    return error


def test_nothing_is_wrong() -> None:
    assert probes.obstacles() == ()
    error = failed()
    assert error.id == "engine"
    assert error.report.hint == "h\nrootbuild doctor looks into this host as a whole"


@pytest.mark.parametrize("module", [ids, kernel, runtimedir, store])
def test_what_hinders_everything(monkeypatch: pytest.MonkeyPatch, module: object) -> None:
    problem(monkeypatch, module, "trouble")
    error = failed()
    assert error.id == "trouble"
    assert error.report.hint == "h\ntrouble is bad\nmend trouble"
    assert [found.id for found in probes.obstacles()] == ["trouble"]


def test_what_hinders_containers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    problem(monkeypatch, pause, "old")
    assert failed().id == "engine"
    assert failed("podman images").id == "old"
    assert [found.id for found in probes.obstacles()] == ["old"]


def test_what_hinders_builds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Problem("no roots", "say them", id="roots")
    monkeypatch.setattr(store, "incomplete", lambda found: missing)
    assert failed().id == "roots"
    assert failed("podman images").id == "engine"


def test_a_closed_tun_device(monkeypatch: pytest.MonkeyPatch) -> None:
    problem(monkeypatch, devices, "no-tun")
    assert [found.id for found in probes.obstacles()] == ["no-tun"]
    assert probes.obstacles(network=False) == ()


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "full", lambda folders: Path("/full"))
    error = failed()
    assert error.id == "no-space"
    assert "/full" in error.report.hint


def test_a_failure_that_is_explained_already(monkeypatch: pytest.MonkeyPatch) -> None:
    problem(monkeypatch, ids, "trouble")
    error = failed(id="no-space")
    assert (error.id, error.report.hint) == ("no-space", "h")


def test_root_lacks_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ids, kernel, runtimedir, pause, devices):
        problem(monkeypatch, module, "trouble")
    monkeypatch.setattr(account, "look", lambda *_: ROOT)
    assert probes.obstacles() == ()


def test_inside_of_a_namespace_there_are_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though newuidmap seems to be nobody's there, and to have no rights."""
    problem(monkeypatch, ids, "trouble")
    monkeypatch.setattr(account, "look", lambda *_: replace(ANN, inside=True))
    assert failed().id == "engine"
    problem(monkeypatch, runtimedir, "folder")
    assert failed().id == "folder"


@pytest.mark.parametrize(
    ("installed", "groups", "id"),
    [
        (["crun"], Cgroups("v2"), None),
        (["crun"], Cgroups("hybrid", ("hugetlb",)), "crun-refuses-cgroups"),
        (["crun", "runc"], Cgroups("hybrid", ("hugetlb",)), None),
        ([], Cgroups("v2"), "no-oci-runtime"),
    ],
)
def test_runtimes(
    monkeypatch: pytest.MonkeyPatch, installed: list[str], groups: Cgroups, id: str | None
) -> None:
    monkeypatch.setattr(cgroups, "look", lambda: groups)
    found = probes.no_runtime(lambda name: name if name in installed else None)
    assert (found.id if found else None) == id


def test_the_first_free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: ANN.uid)
    assert probes.first_free_port() == 80
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert probes.first_free_port() == 0

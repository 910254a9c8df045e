"""`rootbuild doctor`: its report, its JSON, and its exit code."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from rootbuild.cli import doctor
from rootbuild.cli.doctor_text import WIDTH, report
from rootbuild.cli.main import main
from rootbuild.facts.account import Account
from rootbuild.facts.cgroups import Cgroups
from rootbuild.facts.devices import TUN, Device
from rootbuild.facts.runtimedir import RuntimeDir
from rootbuild.host.diagnosis import Diagnosis, diagnose
from rootbuild.host.patient import Patient
from rootbuild.host.settings import Settings
from tests.host.patients import GOOD, GOOD_TRIALS

GOLDEN = Path(__file__).with_name("golden")
TROUBLED = replace(
    GOOD,
    tun=Device(TUN, "permission denied"),
    cgroups=Cgroups("hybrid", ("hugetlb",)),
    runtime_dir=RuntimeDir("", "/tmp/podman-run-1000", good=False, account=Account(1000, "ann")),
    trials=replace(
        GOOD_TRIALS,
        ways={
            "runtime": {"crun": "cgroups in hybrid mode not supported", "runc": ""},
            "isolation": {"oci": "", "chroot": ""},
            "network-helper": {"slirp4netns": "/dev/net/tun cannot be opened", "host": ""},
        },
        networked='slirp4netns failed: open("/dev/net/tun"): Permission denied',
    ),
)


def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    patient: Patient,
    *words: str,
) -> tuple[int, str]:
    monkeypatch.setattr(doctor, "examine", lambda orders: diagnose(patient))
    status = main(["doctor", *words])
    return status, capsys.readouterr().out


@pytest.mark.parametrize(("name", "patient"), [("good", GOOD), ("troubled", TROUBLED)])
def test_report(name: str, patient: Patient) -> None:
    shown = report(diagnose(patient))
    kept = GOLDEN / f"doctor-{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        kept.write_text(shown)
    assert shown == kept.read_text()


def test_it_fits_on_a_terminal() -> None:
    for line in report(diagnose(TROUBLED), verbose=True).splitlines():
        pasted = line.strip().startswith(("mend", "export"))
        assert pasted or len(line) <= WIDTH


def test_colours_change_nothing_but_colours() -> None:
    plain, coloured = (report(diagnose(TROUBLED), colour=colour) for colour in (False, True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_verbose_tells_what_was_tried_for_good_points_too() -> None:
    assert "tried" not in report(diagnose(GOOD))
    assert report(diagnose(GOOD), verbose=True).count("  tried ") == len(diagnose(GOOD).findings)


@pytest.mark.parametrize(("patient", "status"), [(GOOD, 0), (TROUBLED, 1)])
def test_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    patient: Patient,
    status: int,
) -> None:
    code, shown = run(monkeypatch, capsys, patient)
    assert code == status
    assert "\x1b[" not in shown


def test_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = run(monkeypatch, capsys, TROUBLED, "--json")
    found = json.loads(shown)
    assert code == 1
    assert (found["version"], found["healthy"], found["changed"]) == (1, False, [])
    assert found["works"]["containers"] == "without network"
    assert found["works"]["runtime"] == "runc"
    (tun,) = (one for one in found["findings"] if one["id"] == "no-tun-device")
    assert set(tun) == {
        *("id", "subject", "level", "tried", "happened", "builds", "runs", "mend", "fixable")
    }
    assert tun["mend"] == ["sudo chmod 0666 /dev/net/tun"]
    assert tun["fixable"] is False


def test_fix_says_what_it_changed_and_looks_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wanted = tmp_path / "run"
    looked = []

    def examine(orders: Settings) -> Diagnosis:
        looked.append(wanted.exists())
        given = str(wanted) if wanted.exists() else "/nowhere"
        there = wanted.exists()
        folder = RuntimeDir("", given, good=there, account=Account(1000, "ann"), there=there)
        return diagnose(replace(GOOD, runtime_dir=folder))

    monkeypatch.setattr(doctor, "examine", examine)
    monkeypatch.setattr("rootbuild.facts.runtimedir.fallback", lambda uid: wanted)
    assert main(["doctor", "--fix"]) == 0
    assert looked == [False, True]
    assert f"changed\n  made {wanted}" in capsys.readouterr().out
    assert main(["doctor", "--fix"]) == 0
    assert "changed\n  nothing" in capsys.readouterr().out

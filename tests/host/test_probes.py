from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild.host import probes
from rootbuild.host.probes import IdRange


@pytest.fixture
def _ordinary(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an ordinary user, whoever runs the tests."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_ranges(tmp_path: Path) -> None:
    file = tmp_path / "subuid"
    file.write_text("# all\nann:100000:65536\nbob:1:2:3\n1000:5:6\nann:x:1\nann:200000:10 # more\n")
    assert probes.id_ranges(file, "ann", 1000) == (
        IdRange(100000, 65536),
        IdRange(5, 6),
        IdRange(200000, 10),
    )
    assert probes.id_ranges(file, "bob", 7) == ()
    assert probes.id_ranges(tmp_path / "none", "ann", 1) == ()


@pytest.mark.usefixtures("_ordinary")
def test_missing_ids(tmp_path: Path) -> None:
    name = probes.user_name()
    (tmp_path / "subuid").write_text(f"{name}:1:65536\n")
    problem = probes.missing_ids(tmp_path)
    assert problem is not None
    assert "/etc/subgid" in problem.message
    assert f"--add-subgids 100000-165535 {name}" in problem.hint
    (tmp_path / "subgid").write_text(f"{os.getuid()}:1:65536\n")
    assert probes.missing_ids(tmp_path) is None


@pytest.mark.usefixtures("_ordinary")
def test_missing_id_mapper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda program: None)
    problem = probes.missing_id_mapper()
    assert problem is not None
    assert "uidmap" in problem.hint
    monkeypatch.setattr(process, "find", lambda program: "/usr/bin/newuidmap")
    assert probes.missing_id_mapper() is None


@pytest.mark.usefixtures("_ordinary")
def test_tun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "tun"
    problem = probes.closed_tun(device)
    assert problem is not None
    assert "modprobe tun" in problem.hint
    device.touch()
    assert probes.closed_tun(device) is None
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    problem = probes.closed_tun(device)
    assert problem is not None
    assert f"chmod 666 {device}" in problem.hint


@pytest.mark.usefixtures("_ordinary")
def test_runtime_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert probes.no_runtime_dir() is None
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    problem = probes.no_runtime_dir()
    assert problem is not None
    assert problem.id == "no-runtime-dir"


@pytest.mark.usefixtures("_ordinary")
def test_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "start"
    assert probes.first_free_port(file) == 1024
    file.write_text("80\n")
    assert probes.first_free_port(file) == 80
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert probes.first_free_port(file) == 0
    assert probes.obstacles() == ()

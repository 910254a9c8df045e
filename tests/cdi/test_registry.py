"""Where specifications are found, and which of them count."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from rootbuild.cdi.registry import folders, load


def write(path: Path, kind: str, *names: str, value: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    spec = {
        "cdiVersion": "0.6.0",
        "kind": kind,
        "devices": [{"name": name, "containerEdits": {"env": [f"V={value}"]}} for name in names],
    }
    path.write_text(json.dumps(spec))


def test_folders() -> None:
    system = (Path("/etc/cdi"), Path("/var/run/cdi"))
    assert folders({}) == system
    assert folders({"HOME": "/h"}) == (*system, Path("/h/.config/cdi"))
    assert folders({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}) == (*system, Path("/x/cdi"))
    assert folders({"HOME": "/h", "CDI_SPEC_DIRS": "/a:/b"}) == (Path("/a"), Path("/b"))


def test_later_folders_win(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write(one / "a.json", "v/c", "x", "y", value="1")
    write(two / "b.json", "v/c", "y", value="2")
    write(one / "ignored.txt", "v/c", "z")
    found = load((one, two, tmp_path / "gone"))
    values = {name: device.edits.env for name, device in found.devices.items()}
    assert values == {"v/c=x": (("V", "1"),), "v/c=y": (("V", "2"),)}
    assert found.problems == ()


def test_what_two_files_of_a_folder_claim_is_nobodys(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write(one / "a.json", "v/c", "x", value="1")
    write(two / "a.json", "v/c", "x", "y")
    write(two / "b.json", "v/c", "x")
    found = load((one, two))
    assert list(found.devices) == ["v/c=y"]
    assert "v/c=x is in both" in found.problems[0]
    write(tmp_path / "three/a.json", "v/c", "x", value="3")
    assert load((one, two, tmp_path / "three")).devices["v/c=x"].edits.env == (("V", "3"),)


def test_bad_files_do_not_hide_others(tmp_path: Path) -> None:
    write(tmp_path / "good.json", "v/c", "x")
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "empty.json").write_text("{}")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "tags.yaml").write_text("!!python/object/apply:os.getcwd []")
    (tmp_path / "bad.yaml").write_text("a: [")
    (tmp_path / "folder.json").mkdir()
    found = load((tmp_path,))
    assert list(found.devices) == ["v/c=x"]
    assert len(found.problems) == 6


def test_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "cdiVersion: '0.6.0'\nkind: v/c\ndevices:\n"
        "- name: x\n  containerEdits:\n    env: [A=1]\n"
        "    deviceNodes:\n    - path: /dev/null\n"
    )
    (device,) = load((tmp_path,)).devices.values()
    assert device.edits.env == (("A", "1"),)
    assert device.edits.devices[0].target == "/dev/null"


def test_yaml_without_a_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_text("kind: v/c\n")
    monkeypatch.setitem(sys.modules, "yaml", None)
    (problem,) = load((tmp_path,)).problems
    assert problem.endswith("a.yaml: to read YAML, install rootbuild[yaml] (PyYAML)")

"""Volumes in Docker's form, and making one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rootbuild.errors import RuntimeRefusedError
from rootbuild.runtime import volumes
from rootbuild.template import render
from tests.runtime.fakes import FakeRuntime

DOCUMENT = {
    "Name": "v1", "Driver": "local", "Mountpoint": "/v/v1", "CreatedAt": "2026-01-01T00:00:00Z",
    "Labels": {"c": "d", "a": "b"}, "Scope": "local", "Options": {}, "NeedsCopyUp": True,
}  # fmt: skip


def test_row() -> None:
    row = volumes.row(DOCUMENT)
    assert json.loads(render("{{json .}}", row)) == {
        "Availability": "N/A", "Driver": "local", "Group": "N/A", "Labels": "a=b,c=d",
        "Links": "N/A", "Mountpoint": "/v/v1", "Name": "v1", "Scope": "local", "Size": "N/A",
        "Status": "N/A",
    }  # fmt: skip
    assert render("{{.Labels}} {{.Label `a`}}", row) == "a=b,c=d b"


def test_described() -> None:
    found = volumes.described(DOCUMENT)
    assert list(found) == [
        "CreatedAt", "Driver", "Labels", "Mountpoint", "Name", "Options", "Scope"
    ]  # fmt: skip


def test_a_volume_that_is_there_is_fine(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    runtime = FakeRuntime(tmp_path / "log", known_volumes=["v1"], fails="volume")
    assert volumes.create(runtime, "v1", ("volume", "create")) == 0
    said = capfd.readouterr()
    assert (said.out, said.err) == ("v1\n", "")
    assert volumes.create(runtime, "v2", ("volume", "create")) == 1
    assert capfd.readouterr().err == "engine: volume failed\n"


@pytest.mark.parametrize("name", ["a b", "-a", "x", "a/b"])
def test_names_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(RuntimeRefusedError) as caught:
        volumes.create(FakeRuntime(tmp_path / "log"), name, ("volume", "create"))
    assert (caught.value.id, caught.value.exit_code) == ("bad-name", 1)

"""Cheap looks at containers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rootbuild.runtime import glances
from rootbuild.storage.index import Index
from tests.runtime.fakes import FakeRuntime

ID = "a" * 64


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRuntime:
    folder = tmp_path / "overlay-containers"
    folder.mkdir()
    (folder / "containers.json").write_text(json.dumps([{"id": ID, "names": ["web"]}]))
    (tmp_path / "overlay-images").mkdir()
    monkeypatch.setattr(Index, "stores", lambda self: [(tmp_path, "overlay")])
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return FakeRuntime(tmp_path / "log")


def test_seen(runtime: FakeRuntime) -> None:
    assert glances.seen(runtime, "web")
    assert glances.seen(runtime, ID)
    assert not glances.seen(runtime, "nope")


def test_seen_running(runtime: FakeRuntime, tmp_path: Path) -> None:
    assert not glances.seen_running(runtime, "web")
    (tmp_path / "run" / "crun" / ID).mkdir(parents=True)
    assert glances.seen_running(runtime, "web")
    assert not glances.seen_running(runtime, "nope")

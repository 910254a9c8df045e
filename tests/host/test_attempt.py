"""Trials on a host where nothing can be written: what they find is told, and nothing raised."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.facts.store import Store
from rootbuild.host import attempt, scratch
from rootbuild.process import Finished

# Nobody can make a folder there, nor root.
READ_ONLY = Path("/proc/home/.local/share/containers/storage")


def test_no_folder_for_an_overlay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rootbuild.process.find", lambda program: f"/bin/{program}")
    for said in (attempt.overlay(READ_ONLY, rootless=True), attempt.fuse_overlayfs(READ_ONLY)):
        assert said.startswith(f"no folder for it can be made near {READ_ONLY}: ")


def test_what_is_mounted_and_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    called: list[str] = []

    def call(argv: tuple[str, ...], check: bool = True) -> Finished:
        called.append(argv[0])
        return Finished(argv, 0)

    monkeypatch.setattr("rootbuild.process.call", call)
    said = attempt.overlay(tmp_path, rootless=False)
    assert said == "mounted, but cannot be written to: No such file or directory"
    assert called == ["mount", "umount"]
    assert list(tmp_path.iterdir()) == []


def test_no_folder_for_a_store_of_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/proc/home/.local/share")
    with scratch.scratch_store(Store(READ_ONLY, READ_ONLY), lambda work: work()):
        assert os.environ["XDG_DATA_HOME"] == "/proc/home/.local/share"

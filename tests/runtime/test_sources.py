"""Folders that volumes name: which they are, and making them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.errors import RuntimeRefusedError
from rootbuild.runtime import sources


def test_names_and_targets_alone_are_no_folders() -> None:
    volumes = ["/a:/b", "name:/b", "/alone", "./c:/b:ro", "../d:/b", "e/f:/b"]
    assert sources.sources(volumes) == ("/a", "./c", "../d")


def test_what_is_missing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("kept")
    sources.make([str(tmp_path / "a/b"), "./c", str(tmp_path / "file")])
    assert (tmp_path / "a/b").is_dir()
    assert (tmp_path / "c").is_dir()
    assert (tmp_path / "file").read_text() == "kept"


def test_what_cannot_be_made() -> None:
    with pytest.raises(RuntimeRefusedError) as caught:
        sources.make(["/proc/new"])
    assert caught.value.report.message.startswith(
        "error while creating mount source path '/proc/new': mkdir /proc/new: "
    )
    assert (caught.value.id, caught.value.exit_code) == ("mount-source", 125)

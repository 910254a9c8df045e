"""Folders that lie far from each other, on whatever the tests' folder is on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rootbuild_oci.spread import spread


def kind(folder: Path) -> str:
    words = ("stat", "--file-system", "--format=%T", str(folder))
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def test_ext4_is_told(tmp_path: Path) -> None:
    """Twice is as well as once, and other attributes stay. Elsewhere nothing happens."""
    spread(tmp_path)
    spread(tmp_path)
    if kind(tmp_path) == "ext2/ext3" and shutil.which("lsattr"):
        words = ("lsattr", "-d", str(tmp_path))
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        assert told.split()[0].count("T") == 1


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_cannot_be_told_is_no_failure(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    spread(tmp_path / name)


def test_filesystems_that_do_not_know_it() -> None:
    spread(Path("/proc/self"))
    assert os.path.isdir("/proc/self")

"""What is made from the tables of commands is as the tables say: `make docs` writes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("script", "page"), [("manual.py", "rootbuild.1"), ("commands.py", "commands.md")]
)
def test_pages_are_new(script: str, page: str, tmp_path: Path) -> None:
    written = tmp_path / page
    argv = [sys.executable, str(TOP / "scripts" / "docs" / script), str(written)]
    subprocess.run(argv, check=True, env={"COLUMNS": "", "PYTHONPATH": ":".join(sys.path)})
    assert written.read_text() == (TOP / "docs" / page).read_text()

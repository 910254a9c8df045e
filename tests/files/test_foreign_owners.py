"""Owners that only root of a user namespace (or real root) can give."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).with_name("foreign_owners.py")


@pytest.mark.engine
def test_foreign_owners_and_capabilities(tmp_path: Path) -> None:
    inside = [] if os.geteuid() == 0 else ["buildah", "unshare"]
    done = subprocess.run(
        [*inside, sys.executable, str(CHECK), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "all as expected\n", done.stderr

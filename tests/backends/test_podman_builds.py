"""Whole builds on podman: tests of builds once more, with podman ordered as the engine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BUILDS = Path(__file__).parents[1] / "build"

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    "module",
    [
        "test_like_buildkit.py",
        "test_layer_content.py",
        "test_platforms.py",
        "test_secret_traces.py",
    ],
)
def test_builds(module: str, tmp_path: Path) -> None:
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path}/of-podman")
    done = subprocess.run(
        [sys.executable, *words, str(BUILDS / module)],
        env={**os.environ, "ROOTBUILD_ENGINE": "podman"},
        capture_output=True,
        text=True,
        check=False,
        cwd=BUILDS.parents[1],
    )
    assert done.returncode == 0, done.stdout

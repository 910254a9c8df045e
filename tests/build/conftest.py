"""Fixtures for tests that build real images."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.build.builds import Project
from tests.program import Rootbuild


@pytest.fixture
def project(rootbuild: Rootbuild, unique: Callable[..., str], tmp_path: Path) -> Project:
    """An empty build context and a tag of its own."""
    folder = tmp_path / "context"
    folder.mkdir()
    return Project(rootbuild, folder, unique("image"))


@pytest.fixture
def engine_calls(tmp_path: Path) -> Callable[[], tuple[dict[str, str], Callable[[], list[str]]]]:
    """An environment in which every start of an engine program is noted, and what was noted."""

    def make() -> tuple[dict[str, str], Callable[[], list[str]]]:
        folder, log = tmp_path / "wrappers", tmp_path / "engine-calls.log"
        folder.mkdir(exist_ok=True)
        log.write_text("")
        for name in ("buildah", "podman", "crun", "runc", "skopeo", "slirp4netns", "pasta"):
            real = shutil.which(name)
            if real is not None:
                wrapper = folder / name
                wrapper.write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\nexec {real} "$@"\n')
                wrapper.chmod(stat.S_IRWXU)
        env = {"PATH": f"{folder}:{os.environ['PATH']}"}
        return env, lambda: log.read_text().splitlines()

    return make

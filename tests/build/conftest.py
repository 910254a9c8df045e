"""Fixtures for tests that build real images."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


@pytest.fixture(autouse=True)
def files_may_be_given_away(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded builds run outside of a namespace, where an ordinary user gives nothing to anybody.

    What they would give to others stays ours then; tests on engines see the real owners.
    """
    if os.geteuid() == 0 or request.node.get_closest_marker("engine") is not None:
        return
    for name in ("chown", "fchown"):
        monkeypatch.setattr(os, name, _lenient(getattr(os, name)))


def _lenient(give: Callable[..., None]) -> Callable[..., None]:
    def try_to(*arguments: Any, **options: Any) -> None:
        with contextlib.suppress(PermissionError):
            give(*arguments, **options)

    return try_to

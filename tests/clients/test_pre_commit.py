"""pre-commit with hooks in containers (docker, docker_image), `docker` being rootbuild."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clients.shims import with_docker
from tests.program import Rootbuild, lines

pytestmark = [pytest.mark.engine, pytest.mark.slow]

HOOKS = """\
- id: shout
  name: shout
  language: docker
  entry: /bin/busybox sed -i s/quiet/LOUD/
  files: \\.txt$
"""
# pre-commit pulls bases anew, which takes a registry: this one has none.
DOCKERFILE = "FROM scratch\nCOPY busybox /bin/busybox\n"
CONFIG = """\
repos:
- repo: {hooks}
  rev: {rev}
  hooks:
  - id: shout
- repo: local
  hooks:
  - id: image
    name: image
    language: docker_image
    entry: diamol/base sh -c 'cat "$@"; id -u; exit 3' --
    files: \\.txt$
"""


def git(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def repository(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir()
    git(folder, "init", "-q")
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder


def test_hooks_in_containers(rootbuild: Rootbuild, tmp_path: Path) -> None:
    env = with_docker(rootbuild, tmp_path / "bin")
    env["PRE_COMMIT_HOME"] = str(tmp_path / "pre-commit")
    hooks = repository(
        tmp_path / "hooks", {".pre-commit-hooks.yaml": HOOKS, "Dockerfile": DOCKERFILE}
    )
    busybox = shutil.which("busybox")
    assert busybox is not None
    shutil.copy(busybox, hooks / "busybox")
    git(hooks, "add", "-A")
    git(hooks, "commit", "-qm", "hooks")
    rev = git(hooks, "rev-parse", "HEAD")
    project = repository(
        tmp_path / "project",
        {".pre-commit-config.yaml": CONFIG.format(hooks=hooks, rev=rev), "a.txt": "quiet\n"},
    )
    git(project, "add", "-A")
    before = set(lines("podman", "images", "--format", "{{.Repository}}"))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color=never"],
            cwd=project,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 1, said
        assert "files were modified by this hook" in said
        assert (project / "a.txt").read_text() == "LOUD\n", said
        assert (project / "a.txt").stat().st_uid == project.stat().st_uid
        assert "- exit code: 3" in said, said
        assert "LOUD\n0" in said, said
    finally:
        for name in set(lines("podman", "images", "--format", "{{.Repository}}")) - before:
            if "/pre-commit-" in name:
                subprocess.run(["podman", "rmi", "-f", name], check=True, capture_output=True)

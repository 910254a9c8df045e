"""Containers of a podman service elsewhere, which its socket stands for."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine

BASE = "diamol/base"


@pytest.fixture
def service() -> Iterator[str]:
    """The URL of podman's service for this user."""
    folder = Path(tempfile.mkdtemp(prefix="rb-remote-"))
    path = folder / "podman.sock"
    url = f"unix://{path}"
    with subprocess.Popen(
        ["podman", "system", "service", "--time", "0", url], stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait(path)
            yield url
        finally:
            server.terminate()
    shutil.rmtree(folder)


def _wait(path: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("podman's service did not start")


def rootbuild(service: str, *words: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(sys.path)
    return subprocess.run(
        [sys.executable, "-m", "rootbuild", *words],
        env={**os.environ, "PYTHONPATH": path, "CONTAINER_HOST": service},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_runs_are_handed_to_it(service: str) -> None:
    said = rootbuild(service, "run", "--rm", BASE, "echo", "from afar")
    assert (said.stdout, said.returncode) == ("from afar\n", 0), said.stderr
    said = rootbuild(service, "images")
    assert "diamol/base" in said.stdout, said.stderr
    said = rootbuild(service, "run", "--rm", BASE, "sh", "-c", "exit 7")
    assert said.returncode == 7


def test_a_service_that_is_not_there(tmp_path: Path) -> None:
    said = rootbuild(f"unix://{tmp_path}/none.sock", "ps")
    assert said.returncode == 1
    assert f"{tmp_path}/none.sock" in said.stderr

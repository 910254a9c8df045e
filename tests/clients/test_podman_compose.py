"""podman-compose with rootbuild as its podman: build, up, exec, ps, down."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import Rootbuild, lines

pytestmark = [pytest.mark.engine, pytest.mark.slow]

COMPOSE = """\
services:
  web:
    build: .
    image: {image}
    environment: [GREETING=hello]
  client:
    image: docker.io/diamol/base
    command: sleep 300
    depends_on: [web]
"""
DOCKERFILE = """\
FROM diamol/base
CMD mkdir /www && echo $GREETING > /www/index.html && exec busybox httpd -f -p 8080 -h /www
"""
FETCH = "for i in 1 2 3 4 5; do busybox wget -q -O - http://web:8080/ && break; sleep 1; done"


def test_up_and_down(rootbuild: Rootbuild, unique: Callable[..., str], tmp_path: Path) -> None:
    project, image = unique("compose"), f"{unique('web')}:1"
    (tmp_path / "compose.yaml").write_text(COMPOSE.format(image=image))
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)

    def compose(*words: str) -> str:
        program = Path(sys.executable).with_name("rootbuild")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "podman_compose"),
                *("--podman-path", str(program), "--in-pod", "0", "-p", project),
                *words,
            ],
            cwd=tmp_path,
            env=rootbuild.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    compose("build")
    try:
        compose("up", "-d")
        assert f"{project}_web_1" in compose("ps")
        assert compose("exec", "-T", "client", "sh", "-c", FETCH) == "hello\n"
    finally:
        compose("down", "-t", "0")
    assert not [name for name in lines("podman", "ps", "-a", "--format={{.Names}}")
                if name.startswith(project)]  # fmt: skip

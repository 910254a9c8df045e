"""Fixtures for tests that run the program: as a real process, on real engines, with no traces left.

Tests marked `engine` need buildah, podman, an unprivileged user and the base images. They are run
under ROOTBUILD_ENGINE_TESTS=1, as `make test` does, where a missing precondition is a failure; and
left out, which the header says, without it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.program import Rootbuild, lines
from tests.traces import Traces

ENGINES = os.environ.get("ROOTBUILD_ENGINE_TESTS") == "1"
BASE_IMAGES = ("docker.io/diamol/base", "docker.io/diamol/openjdk", "docker.io/diamol/maven")
SETTLE_SECONDS = 5.0

# So that it is said what was found where a backend does not keep to the contract.
pytest.register_assert_rewrite("rootbuild.testing")

# A job in the background of a script, or one of `nohup`, is told to ignore these, and so would be
# what tests start.
USUAL: dict[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGQUIT: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}
for number, usual in USUAL.items():
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

# A whole run comes out the same each time; runs of unit tests alone look for new examples.
settings.register_profile("whole", derandomize=True)
if ENGINES:
    settings.load_profile("whole")


def pytest_report_header() -> str:
    state = "run" if ENGINES else "left out (`make test` runs them; ROOTBUILD_ENGINE_TESTS=1 here)"
    return f"tests on real engines: {state}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if ENGINES:
        return
    left_out = [item for item in items if item.get_closest_marker("engine")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("engine")]


@pytest.fixture
def rootbuild(tmp_path: Path) -> Iterator[Rootbuild]:
    """The program, with empty caches and records; its cached images are removed at the end."""
    program = Rootbuild(tmp_path / "rootbuild-state")
    yield program
    _remove_cached(program.state / "cache" / "rootbuild" / "cache.db")


def _remove_cached(index: Path) -> None:
    """Remove the images that a cache index leads to, but for those that have a name meanwhile."""
    if not index.exists():
        return
    with contextlib.closing(sqlite3.connect(index)) as database:
        try:
            tables = ("steps", "images", "pulled")
            found = database.execute(" UNION ".join(f"SELECT image FROM {each}" for each in tables))
            images = [str(image) for (image,) in found]
        except sqlite3.DatabaseError:
            return  # a test has damaged it
    if images:
        subprocess.run(["buildah", "rmi", *images], check=False, capture_output=True)


@pytest.fixture
def unique() -> Iterator[Callable[..., str]]:
    """Names for containers, networks, volumes and images; all is removed at the end."""
    prefix = f"rbt{uuid.uuid4().hex[:8]}"
    numbers = itertools.count(1)
    given = []

    def name(what: str = "x") -> str:
        given.append(f"{prefix}-{what}{next(numbers)}")
        return given[-1]

    yield name
    if given:
        _remove(prefix)


def _remove(prefix: str) -> None:
    """Remove the containers, networks, volumes and images whose names begin with `prefix`."""
    for name in lines("podman", "ps", "-a", "--format", "{{.Names}}"):
        if name.startswith(prefix):
            subprocess.run(["podman", "rm", "-f", "-t", "0", name], check=True, capture_output=True)
    for name in lines("podman", "network", "ls", "--format", "{{.Name}}"):
        if name.startswith(prefix):
            subprocess.run(["podman", "network", "rm", name], check=True, capture_output=True)
    for name in lines("podman", "volume", "ls", "--format", "{{.Name}}"):
        if name.startswith(prefix):
            subprocess.run(["podman", "volume", "rm", name], check=True, capture_output=True)
    for name in lines("buildah", "images", "--format", "{{.Name}}:{{.Tag}}"):
        if name.rpartition("/")[2].startswith(prefix):
            subprocess.run(["buildah", "rmi", name], check=True, capture_output=True)


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A user who has never used an engine, by the environment."""
    home = tmp_path / "home"
    home.mkdir()
    yield {"HOME": str(home), "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": ""}
    subprocess.run(["buildah", "unshare", "rm", "-rf", str(home)], check=True)


@pytest.fixture(scope="session")
def engine_host() -> None:
    """What engine tests take for granted; here a missing piece is a failure with a reason."""
    missing = [name for name in ("buildah", "podman") if shutil.which(name) is None]
    if missing:
        pytest.fail(f"{' and '.join(missing)} not found: run the tests by `make test`")
    images = lines("buildah", "images", "--format", "{{.Name}}")
    absent = [name for name in BASE_IMAGES if name not in images]
    if absent:
        pytest.fail(f"not in the image store: {', '.join(absent)}: run the tests by `make test`")


@pytest.fixture(autouse=True)
def no_traces(request: pytest.FixtureRequest) -> Iterator[None]:
    """An engine test leaves no working container, container, network, mount or process behind."""
    if request.node.get_closest_marker("engine") is None:
        yield
        return
    request.getfixturevalue("engine_host")
    before = Traces.now()
    yield
    deadline = time.monotonic() + SETTLE_SECONDS
    while left := Traces.now().new_since(before):
        if time.monotonic() > deadline:
            pytest.fail("left behind:\n" + "\n".join(left))
        time.sleep(0.2)

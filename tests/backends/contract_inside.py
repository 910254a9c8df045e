"""The contract's tests on real buildah; run by test_buildah_contract inside the namespace.

`ROOTBUILD_TEST_WAY` says in which way steps are run.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from rootbuild import process
from rootbuild.testing.contract import RunContract, StoreContract, fresh_name
from rootbuild.testing.mounts import MountContract
from rootbuild.testing.ways import WaysContract
from rootbuild_buildah import BuildahBackend
from rootbuild_buildah.steps import Way
from tests.backends.busybox_image import busybox_image

WAY = cast(Way, os.environ.get("ROOTBUILD_TEST_WAY", ""))


@pytest.fixture(scope="module")
def backend() -> BuildahBackend:
    return BuildahBackend(ways=(WAY,) if WAY else None)


@pytest.fixture(scope="module")
def base(backend: BuildahBackend) -> Iterator[str]:
    with busybox_image(backend) as image:
        yield image


@pytest.mark.skipif(WAY not in ("", "crun"), reason="the same for every way")
class TestStore(StoreContract):
    def forget(self, backend: object, name: str) -> None:
        process.run(["buildah", "rmi", name])


class TestRun(RunContract):
    added_env = frozenset({"HOSTNAME"} if WAY in ("buildah", "chroot") else ())
    supplementary_groups = WAY not in ("buildah", "chroot")


@pytest.mark.skipif(bool(WAY), reason="ways are chosen by themselves here")
class TestWays(WaysContract):
    pass


class TestMounts(MountContract):
    secret_variables = WAY not in ("buildah", "chroot")


def test_a_killed_build_is_swept(base: str) -> None:
    """A step outlives its build; the next build ends it and removes the container."""
    name, seconds = fresh_name(), f"{1000 + os.getpid()}.25"
    script = (
        "import sys\n"
        "from rootbuild_buildah import BuildahBackend\n"
        "from rootbuild.backend import Exec\n"
        "backend = BuildahBackend(ways=(sys.argv[3],) if sys.argv[3] else None)\n"
        "with backend.session(), backend.start(sys.argv[1], sys.argv[2]) as name:\n"
        f"    command = ('/bin/busybox', 'sleep', '{seconds}')\n"
        "    backend.run(name, Exec(command), sys.stdout.buffer)\n"
    )
    with process.background([sys.executable, "-c", script, base, name, WAY]) as pid:
        _wait_until(lambda: _sleeping(seconds))
        os.kill(pid, signal.SIGKILL)
    other = BuildahBackend()
    other.sweep([name])
    _wait_until(lambda: not _sleeping(seconds))
    with other.start(base, name):
        pass


def _sleeping(seconds: str) -> bool:
    wanted = f"/bin/busybox\0sleep\0{seconds}\0".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cmdline").read_bytes() == wanted:
                    return True
    return False


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)

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

import pytest

from rootbuild import process
from rootbuild.backend import Backend
from rootbuild.testing.contract import (
    MountContract,
    RunContract,
    StoreContract,
    WaysContract,
    fresh_name,
)
from rootbuild.testing.layouts import LayoutContract
from rootbuild_buildah import BuildahBackend
from rootbuild_oci import network
from tests.backends.busybox_image import busybox_image

WAY = os.environ.get("ROOTBUILD_TEST_WAY", "")


@pytest.fixture(scope="module")
def backend() -> BuildahBackend:
    return BuildahBackend(ways=(WAY,) if WAY else None)


@pytest.fixture(scope="module")
def base(backend: BuildahBackend) -> Iterator[str]:
    with busybox_image(backend) as image:
        yield image


@pytest.mark.skipif(WAY not in ("", "crun"), reason="the same for every way")
class TestStore(StoreContract):
    def forget(self, backend: Backend, *names: str) -> None:
        indexes = {name for image in backend.images() for name in image.names if image.instances}
        for name in names:
            kind = ["manifest", "rm"] if name in indexes else ["rmi"]
            process.run(["buildah", *kind, name])


BY_RUNTIME = WAY not in ("buildah", "chroot")


class TestRun(RunContract):
    added_env = frozenset(() if BY_RUNTIME else {"HOSTNAME"})
    supplementary_groups = BY_RUNTIME
    unconfined = BY_RUNTIME
    control_groups = BY_RUNTIME
    shared_memory = WAY != "buildah"
    hooks = BY_RUNTIME
    device_folder = WAY != "chroot"


@pytest.mark.skipif(WAY not in ("", "crun"), reason="the same for every way")
class TestLayouts(LayoutContract):
    pass


@pytest.mark.skipif(bool(WAY), reason="ways are chosen by themselves here")
class TestWays(WaysContract):
    pass


class TestMounts(MountContract):
    secret_variables = BY_RUNTIME


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


@pytest.mark.skipif(bool(WAY), reason="the same for every way")
@pytest.mark.parametrize("program", ["slirp4netns", "pasta"])
def test_helpers_of_networks(program: str) -> None:
    """Each that is installed gives a namespace with an interface, if users may make any."""
    helper = {"slirp4netns": network._slirp, "pasta": network._pasta}[program]
    expected = process.find(program) and os.access("/dev/net/tun", os.R_OK | os.W_OK)
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        found = helper(stack)
        assert (found is not None) == bool(expected)
        if found is not None:
            listed = process.call(("nsenter", f"--net={found.namespace}", "cat", "/proc/net/dev"))
            assert len(listed.text.splitlines()) > 3
    assert time.monotonic() - begin < network.READY_SECONDS


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

"""What a process may use."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from rootbuild.backend import Backend
from rootbuild.errors import HostError
from rootbuild.execution import Limits, Resources, Ulimit
from rootbuild.records import replace
from rootbuild.testing.contract.containers import container, execute, refused, shell
from rootbuild.testing.contract.waiting import processes, unique_seconds, wait_for

CGROUPS = Path("/sys/fs/cgroup")


class LimitContract:
    """Limits of processes, of /dev/shm, and of control groups.

    `control_groups` and `shared_memory` are false for an engine that cannot make any, or cannot
    choose the size of the latter; it must refuse then.
    """

    control_groups = True
    shared_memory = True

    def test_ulimits(self, backend: Backend, base: str) -> None:
        """Soft and hard, as `ulimit` shows them."""
        limits = Limits((Ulimit("nofile", 77, 88), Ulimit("core", 0, 0)))
        command = replace(shell("ulimit -n; ulimit -Hn; ulimit -c"), limits=limits)
        with container(backend, base) as (name, _):
            assert execute(backend, name, command) == (0, "77\n88\n0\n")

    def test_limits_that_cannot_be_had(self, backend: Backend, base: str) -> None:
        """A user's own limits are not passed by: the step is refused before it runs."""
        limits = Limits((Ulimit("nofile", 1024, 1 << 40),))
        with container(backend, base) as (name, rootfs):
            with pytest.raises(HostError) as caught:
                execute(backend, name, replace(shell("touch /ran"), limits=limits))
            assert not (rootfs / "ran").exists()
        assert caught.value.id == "limit-too-high"

    def test_shared_memory(self, backend: Backend, base: str) -> None:
        """It has the wanted size, anybody may write to it, and it is empty."""
        script = "ls -A /dev/shm; stat -c %a /dev/shm; df -k /dev/shm | awk 'END { print $2 }'"
        command = replace(shell(script), limits=Limits(shm_size=3 << 20))
        with container(backend, base) as (name, _):
            if not self.shared_memory:
                refused(backend, name, command)
                return
            assert execute(backend, name, command) == (0, "1777\n3072\n")

    def test_control_groups(self, backend: Backend, base: str) -> None:
        """A limit on memory is in force, or the step is refused: never is it left out."""
        limits = Limits(resources=Resources(memory=64 << 20))
        seconds = unique_seconds()
        command = replace(shell(f"sleep {seconds} & sleep 1; kill $!"), limits=limits)
        with container(backend, base) as (name, _):
            if not self.control_groups:
                refused(backend, name, command)
                return
            errors: list[HostError] = []

            def run() -> None:
                try:
                    execute(backend, name, command)
                except HostError as error:
                    errors.append(error)

            thread = threading.Thread(target=run)
            thread.start()
            wait_for(lambda: bool(processes(seconds)) or not thread.is_alive())
            found = [_memory_max(pid) for pid in processes(seconds)]
            thread.join()
        assert [error.id for error in errors] in ([], ["no-cgroup"])
        assert found[:1] == ([] if errors else [str(64 << 20)])


def _memory_max(pid: int) -> str:
    line = Path(f"/proc/{pid}/cgroup").read_text().splitlines()[-1]
    return (CGROUPS / line.split(":", 2)[2].lstrip("/") / "memory.max").read_text().strip()

"""How processes end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rootbuild.backend import Backend
from rootbuild.records import replace
from rootbuild.testing.contract.containers import container, execute, listing, shell
from rootbuild.testing.contract.waiting import processes, unique_seconds, wait_for


class EndingContract:
    """Nothing outlives its step."""

    def test_processes_end_with_the_first(self, backend: Backend, base: str) -> None:
        """What a step leaves in the background does not outlive it."""
        with container(backend, base) as (name, _):
            seconds = unique_seconds()
            code, _ = execute(backend, name, shell(f"sleep {seconds} & exit 0"))
            assert code == 0
            assert not processes(seconds)

    def test_an_interrupted_run_leaves_nothing(self, backend: Backend, base: str) -> None:
        """Neither a process, nor a mount point, and it does not take long."""
        seconds = unique_seconds()
        with container(backend, base) as (name, rootfs):
            before = listing(rootfs)
            with _interrupt_when(lambda: bool(processes(seconds))):
                with pytest.raises(KeyboardInterrupt):
                    execute(backend, name, shell(f"trap '' TERM; sleep {seconds}; true"))
                ended = time.monotonic()
            assert not processes(seconds)
            assert listing(rootfs) == before
            assert execute(backend, name, shell("echo again")) == (0, "again\n")
        assert time.monotonic() - ended < 10

    def test_stop_from_another_thread(self, backend: Backend, base: str) -> None:
        """Ends what runs; `run` says that it was killed.

        One call may come too early, as a step can be seen before its runtime has said which it is.
        """
        seconds = unique_seconds()
        codes: list[int] = []
        with container(backend, base) as (name, _):
            script = shell(f"trap '' TERM; sleep {seconds}; true")
            thread = threading.Thread(
                target=lambda: codes.append(execute(backend, name, script)[0]), daemon=True
            )
            thread.start()
            wait_for(lambda: bool(processes(seconds)))

            def ended() -> bool:
                backend.stop()
                thread.join(0.05)
                return not thread.is_alive()

            wait_for(ended, 10)
            assert not processes(seconds)
        assert codes == [137]

    def test_two_at_once(self, backend: Backend, base: str) -> None:
        """Stages are built in parallel: each waits for a file that the other's run allows."""
        results: dict[int, tuple[int, str]] = {}
        with container(backend, base) as one, container(backend, base) as two, backend.session():
            script = "touch /here; while [ ! -e /go ]; do sleep 0.05; done; echo went"

            def work(index: int, name: str) -> None:
                results[index] = execute(backend, name, replace(shell(script), network="default"))

            threads = [
                threading.Thread(target=work, args=(index, name))
                for index, (name, _) in enumerate((one, two))
            ]
            for thread in threads:
                thread.start()
            wait_for(lambda: all((rootfs / "here").exists() for _, rootfs in (one, two)))
            for _, rootfs in (one, two):
                (rootfs / "go").touch()
            for thread in threads:
                thread.join()
        assert results == {0: (0, "went\n"), 1: (0, "went\n")}


@contextmanager
def _interrupt_when(condition: object) -> Iterator[None]:
    """Send ourselves what Ctrl-C sends as soon as the condition holds."""

    def watch() -> None:
        wait_for(condition)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    thread.join()

"""Whole processes, timed."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of each run, and the most memory (bytes) that a Python process of it used."""

    seconds: tuple[float, ...]
    memory: int = 0

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    memory: bool = False,
    cwd: Path | None = None,
) -> tuple[float, int]:
    """Run a command to its end: seconds and, if asked for, its memory. Exits if it fails."""
    started = time.monotonic()
    with subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as child:
        watch = _Watch(child.pid) if memory else None
        output, _ = child.communicate()
        taken = time.monotonic() - started
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{output.decode(errors='replace')}")
    return taken, watch.end() if watch is not None else 0


def run_at_once(commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> tuple[float, int]:
    """Run commands at the same time: seconds until the last one is done, memory of the first one.

    Exits if one fails.
    """
    started = time.monotonic()
    with ThreadPoolExecutor(max_workers=len(commands)) as pool:
        done = [
            pool.submit(run, command, env, memory=number == 0)
            for number, command in enumerate(commands)
        ]
    memory = max(one.result()[1] for one in done)
    return time.monotonic() - started, memory


class _Watch:
    """Looks at a process and those of its descendants that run Python as well."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._program = os.path.realpath(sys.executable)
        self._most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> int:
        """The most that one of them used, in bytes."""
        self._over.set()
        self._thread.join()
        return self._most

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            for pid in _family(self._pid):
                self._most = max(self._most, self._peak(pid))

    def _peak(self, pid: int) -> int:
        try:
            if os.path.realpath(f"/proc/{pid}/exe") != self._program:
                return 0
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) << 10
        except OSError:
            pass  # it has ended meanwhile
        return 0


def _family(pid: int) -> list[int]:
    found = [pid]
    for member in found:
        try:
            tasks = os.listdir(f"/proc/{member}/task")
            for task in tasks:
                children = Path(f"/proc/{member}/task/{task}/children").read_text()
                found += [int(child) for child in children.split()]
        except OSError:
            continue
    return found

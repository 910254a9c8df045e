"""Processes of a root filesystem, where no runtime knows them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

MOST_ROUNDS = 100


def kill_inside(rootfs: Path) -> None:
    """Kill every process whose root is this root filesystem, however it is mounted."""
    root = rootfs.stat()
    for _ in range(MOST_ROUNDS):
        found = [pid for pid in _processes() if _rooted(pid, root)]
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        time.sleep(0.01)


def _processes() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _rooted(pid: int, root: os.stat_result) -> bool:
    try:
        found = os.stat(f"/proc/{pid}/root")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return os.path.samestat(found, root)

"""Processes that tests look out for."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path


def unique_seconds() -> str:
    """An argument for sleep that no other process has."""
    return f"{1000 + uuid.uuid4().int % 1000000}.{uuid.uuid4().int % 1000000}"


def processes(word: str) -> list[int]:
    """Processes of this host with an argument that contains `word` and that are not ours."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if words.startswith((b"sleep\0", b"/bin/busybox\0")) and word.encode() in words:
                found.append(int(entry.name))
    return found


def wait_for(condition: object, seconds: float = 15) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    assert callable(condition)
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)

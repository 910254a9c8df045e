"""A name server that outlived its network.

podman 4 with netavark keeps one `aardvark-dns` in the network namespace of all rootless networks.
After `network connect` or `disconnect` it may stay, with records of containers that are gone,
when the last container goes and the namespace with it. The next namespace then gets no name server,
since there seems to be one already: containers start, but do not find each other by name.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

_PID_FILE = "aardvark.pid"


def sweep(runtime_dir: Path) -> bool:
    """End a name server whose network namespace is gone; whether there was one.

    The order matters: what ran before we saw that there is no namespace cannot belong to one.
    """
    networks = runtime_dir / "containers" / "networks"
    records = _entries(networks / "aardvark-dns")
    if not records:
        return False
    pid = _server(networks / "aardvark-dns" / _PID_FILE)
    namespaces = (*_entries(runtime_dir / "netns"), *_entries(networks))
    if any(path.name.startswith("rootless-netns") for path in namespaces):
        return False
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    for record in records:
        record.unlink(missing_ok=True)
    return True


def refresh(runtime_dir: Path) -> None:
    """Have the name server read its records again: podman 4.3 sometimes forgets to tell it."""
    pid = _server(runtime_dir / "containers/networks/aardvark-dns" / _PID_FILE)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)


def _entries(folder: Path) -> tuple[Path, ...]:
    try:
        return tuple(folder.iterdir())
    except FileNotFoundError:
        return ()


def _server(pid_file: Path) -> int | None:
    """The process that the file names, if it is a name server still."""
    try:
        pid = int(pid_file.read_text())
        program = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        return None
    return pid if program == "aardvark-dns" else None

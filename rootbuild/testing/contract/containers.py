"""Working containers, and commands in them, as the contract's tests use them."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rootbuild.backend import Backend, Exec
from rootbuild.errors import HostError

PATH = ("PATH", "/bin:/usr/bin")
HOME = ("HOME", "/")
SHELL = ("/bin/busybox", "sh", "-c")


def fresh_name() -> str:
    """A container's name that nobody has."""
    return f"rootbuild-test-{uuid.uuid4().hex[:12]}"


@contextmanager
def container(backend: Backend, image: str | None) -> Iterator[tuple[str, Path]]:
    """A working container and its mounted root filesystem."""
    with backend.start(image, fresh_name()) as name, backend.mount(name) as rootfs:
        yield name, rootfs


def execute(backend: Backend, name: str, command: Exec) -> tuple[int, str]:
    """Run a command; its exit code and all that it printed."""
    with tempfile.TemporaryFile() as output:
        code = backend.run(name, command, output)
        output.seek(0)
        return code, output.read().decode("utf-8", "replace")


def shell(script: str) -> Exec:
    """A command for busybox's shell, as root, with no network."""
    return Exec((*SHELL, script), env=(PATH, HOME), network="none")


def refused(backend: Backend, name: str, command: Exec) -> None:
    """Check that a command is refused for want of an OCI runtime, and that nothing of it runs."""
    with pytest.raises(HostError) as caught:
        execute(backend, name, command)
    assert caught.value.id == "needs-runtime"


def listing(rootfs: Path) -> dict[str, tuple[int, int, int, int]]:
    """Everything in a root filesystem: path -> mode, owner, group, size."""
    found = {}
    for parent, folders, files in os.walk(rootfs):
        for entry in (*folders, *files):
            path = Path(parent, entry)
            state = path.lstat()
            size = 0 if path.is_dir() else state.st_size
            key = str(path.relative_to(rootfs))
            found[key] = (state.st_mode, state.st_uid, state.st_gid, size)
    return found

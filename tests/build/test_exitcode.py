"""What is said about exit codes: by what can be seen in the step's files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rootbuild.build.exitcode import explain
from rootbuild.errors import Location
from rootbuild.execution import Bind, Exec, Limits, Resources
from rootbuild.files.rootfs import Rootfs
from rootbuild.plan.steps import RunStep

PATH = (("PATH", "/usr/bin:/bin"),)


@pytest.fixture
def rootfs(tmp_path: Path) -> Iterator[Rootfs]:
    for folder in ("bin", "usr/bin", "app"):
        (tmp_path / folder).mkdir(parents=True)
    put(tmp_path, "bin/sh", b"\x7fELF")
    with Rootfs(tmp_path) as found:
        yield found


def put(root: Path, name: str, content: bytes, mode: int = 0o755) -> None:
    (root / name).write_bytes(content)
    (root / name).chmod(mode)


def told(rootfs: Rootfs, code: int, *argv: str, network: Any = "default", **more: Any) -> str:
    step = SimpleNamespace(network=network, location=Location("Dockerfile", 1, 1))
    command = Exec(argv or ("/bin/sh", "-c", "make all"), PATH, "/app", **more)
    return explain(code, step, command, rootfs)  # type: ignore[arg-type]


def test_there_is_no_such_program(rootfs: Rootfs) -> None:
    assert told(rootfs, 127) == ("127: make is not in the image, in none of PATH=/usr/bin:/bin")
    assert told(rootfs, 127, "/app/run", "x") == "127: /app/run is not in the image"
    assert told(rootfs, 127, "run") == "127: run is not in the image, in none of PATH=/usr/bin:/bin"


@pytest.mark.parametrize("script", ["a && b", "X=1 make", "cd x; make", "make\nb", "$TOOL", "'a'"])
def test_scripts_that_are_not_plain_are_not_guessed_at(script: str, rootfs: Rootfs) -> None:
    assert told(rootfs, 127, "/bin/sh", "-c", script) == (
        "127: the command, or the interpreter that it names, is not in the image"
    )


def test_it_may_be_in_what_was_mounted(rootfs: Rootfs) -> None:
    mounts = (Bind(Path("/x"), "/app/tools"),)
    assert "in the image" in told(rootfs, 127, "/app/tools/run", mounts=())
    assert told(rootfs, 127, "/app/tools/run", mounts=mounts).startswith("127: the command, or")


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"\x7fELF", 0o644, "/app/run has mode 0644: chmod +x it, or use COPY --chmod=755"),
        (b"#!/bin/bash\n", 0o755, "/app/run needs /bin/bash, which is not in the image"),
        (b"#!/bin/sh\r\n", 0o755, "/app/run has line ends of Windows (CRLF)"),
        (b"MZ\x90", 0o755, "/app/run is a program for another operating system"),
        (b"echo hi\n", 0o755, "/app/run is neither a program for Linux nor a script"),
        (b"#!/bin/sh\n", 0o755, "the command was found but cannot be executed"),
        (b"\x7fELF", 0o755, "the command was found but cannot be executed"),
    ],
)
def test_what_is_wrong_with_a_file(content: bytes, mode: int, said: str, rootfs: Rootfs) -> None:
    put(rootfs.path, "app/run", content, mode)
    assert told(rootfs, 126, "./run").startswith(f"126: {said}")


def test_links_do_not_lead_out(rootfs: Rootfs, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is at the same place on the host is no program of the image."""
    outside = tmp_path_factory.mktemp("outside")
    put(outside, "run", b"\x7fELF")
    (rootfs.path / "app/run").symlink_to(outside / "run")
    assert told(rootfs, 127, "/app/run") == "127: /app/run is not in the image"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (137, "137: killed by SIGKILL, often because memory ran out"),
        (139, "139: killed by SIGSEGV, the command crashed"),
        (132, "132: killed by SIGILL, an instruction that this processor does not have"),
        (143, "143: killed by SIGTERM, somebody asked it to end"),
        (159, "159: killed by SIGSYS, a system call that seccomp's rules refuse"),
        (130, "130: killed by SIGINT"),
    ],
)
def test_signals(code: int, said: str, rootfs: Rootfs) -> None:
    assert told(rootfs, code).startswith(said)


def test_a_limit_of_memory(rootfs: Rootfs) -> None:
    limits = Limits(resources=Resources(memory=64_000_000))
    assert "took more memory than --memory=64MB allows" in told(rootfs, 137, limits=limits)


@pytest.mark.parametrize("code", [1, 2, 100, 255])
def test_nothing_is_known_of_others(code: int, rootfs: Rootfs) -> None:
    assert told(rootfs, code) == ""


def test_no_network(rootfs: Rootfs) -> None:
    assert told(rootfs, 1, network="none") == (
        "the step has no network (--network=none), should it need one"
    )


def test_a_full_disk(rootfs: Rootfs, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    room = SimpleNamespace(f_bavail=10, f_frsize=4096, f_files=1000, f_favail=10)
    monkeypatch.setattr(os, "statvfs", lambda path: room)
    assert "the disk that holds the image store is full: 41kB are left" in told(rootfs, 1)
    room.f_bavail, room.f_favail = 1 << 30, 0
    assert "no inodes left" in told(rootfs, 1)


def test_steps_have_what_is_asked_of_them() -> None:
    assert "network" in RunStep.__dataclass_fields__

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rootbuild_podman.nameserver import sweep


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that goes by the name of the name server."""
    program = tmp_path / "aardvark-dns"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as process:
        while Path(f"/proc/{process.pid}/comm").read_text() != "aardvark-dns\n":
            time.sleep(0.01)
        yield process
        process.kill()


@pytest.fixture
def runtime_dir(tmp_path: Path, server: subprocess.Popen[bytes]) -> Path:
    """As podman leaves it: a record of a network, and no namespace."""
    folder = tmp_path / "run"
    records = folder / "containers/networks/aardvark-dns"
    records.mkdir(parents=True)
    (folder / "netns").mkdir()
    (records / "nat").write_text("10.89.0.1\n")
    (records / "aardvark.pid").write_text(f"{server.pid}\n")
    return folder


def test_it_is_ended(runtime_dir: Path, server: subprocess.Popen[bytes]) -> None:
    assert sweep(runtime_dir)
    assert server.wait(timeout=5) == -15
    assert list((runtime_dir / "containers/networks/aardvark-dns").iterdir()) == []
    assert not sweep(runtime_dir)


@pytest.mark.parametrize(
    "namespace", ["netns/rootless-netns-0a", "containers/networks/rootless-netns"]
)
def test_one_in_use_is_left_alone(
    namespace: str, runtime_dir: Path, server: subprocess.Popen[bytes]
) -> None:
    (runtime_dir / namespace).touch()
    assert not sweep(runtime_dir)
    assert server.poll() is None
    assert (runtime_dir / "containers/networks/aardvark-dns/nat").exists()


def test_another_program_of_that_number_is_left_alone(runtime_dir: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        pid_file = runtime_dir / "containers/networks/aardvark-dns/aardvark.pid"
        pid_file.write_text(str(other.pid))
        assert sweep(runtime_dir)
        assert other.poll() is None
        other.kill()


def test_nothing_there(tmp_path: Path) -> None:
    assert not sweep(tmp_path)

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from rootbuild.host.elf import LOAD_ADDRESS, MACHINES, program
from rootbuild.image.platform import build_platform


def test_the_one_for_this_host_runs(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(program(MACHINES[build_platform().architecture]))
    path.chmod(0o755)
    assert subprocess.run([path], check=True, capture_output=True).stdout == b""


@pytest.mark.parametrize("name", MACHINES)
def test_headers(name: str) -> None:
    machine = MACHINES[name]
    data = program(machine)
    order = "<" if machine.little else ">"
    assert data[:7] == b"\x7fELF" + bytes([machine.bits // 32, 1 if machine.little else 2, 1])
    kind, number, version = struct.unpack_from(f"{order}HHI", data, 16)
    assert (kind, number, version) == (2, machine.number, 1)
    (entry,) = struct.unpack_from(f"{order}{'Q' if machine.bits == 64 else 'I'}", data, 24)
    assert data[entry - LOAD_ADDRESS :] == machine.code

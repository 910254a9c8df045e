from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild import process
from rootbuild.host import emulation
from rootbuild.host.elf import MACHINES, program
from rootbuild.image.platform import build_platform

FOREIGN = "s390x" if build_platform().architecture != "s390x" else "arm64"


def test_our_own_needs_no_look(tmp_path: Path) -> None:
    assert emulation.runs(build_platform().architecture, tmp_path / "none")
    assert not emulation.runs("pdp11", tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("status", "found"), [(0, True), (126, False), (-4, False)])
def test_a_program_is_run_below_another_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, found: bool
) -> None:
    def call(argv: tuple[str, ...], *, check: bool) -> process.Finished:
        assert argv[0] == "chroot"
        place = Path(argv[1] + argv[2])
        assert place.read_bytes() == program(MACHINES[FOREIGN])
        assert place.stat().st_mode & 0o111
        return process.Finished(argv, status)

    monkeypatch.setattr(process, "call", call)
    assert emulation.runs(FOREIGN, tmp_path / "new") is found
    assert list((tmp_path / "new").iterdir()) == []

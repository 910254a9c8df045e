from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rootbuild import __version__
from rootbuild.cli.main import main
from rootbuild.cli.shim import is_ours, script


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder for ours and one with another docker, both on PATH in that order."""
    ours, other = tmp_path / "ours", tmp_path / "other"
    other.mkdir()
    (other / "docker").write_text("#!/bin/sh\n")
    (other / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{ours}:{other}:/usr/bin:/bin")
    return ours, other


def test_install_and_remove(others: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    ours, other = others
    assert main(["docker-shim", "install", "--dir", str(ours)]) == 0
    said = capsys.readouterr().out
    assert f"{ours}/docker is rootbuild now\n" in said
    assert f"{other}/docker is shadowed by it\n" in said
    done = subprocess.run([ours / "docker", "--version"], capture_output=True, text=True)
    assert done.stdout == f"Docker version 27.5.1, build rootbuild-{__version__}\n"
    assert main(["docker-shim", "install", "--dir", str(ours)]) == 0
    assert main(["docker-shim", "remove", "--dir", str(ours)]) == 0
    assert not (ours / "docker").exists()
    assert main(["docker-shim", "remove", "--dir", str(ours)]) == 1


def test_what_is_not_ours(others: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, other = others
    assert main(["docker-shim", "install", "--dir", str(other)]) == 1
    assert "--force replaces it" in capsys.readouterr().err
    assert main(["docker-shim", "remove", "--dir", str(other)]) == 1
    assert (other / "docker").read_text() == "#!/bin/sh\n"
    assert main(["docker-shim", "install", "--force", "--dir", str(other)]) == 0
    assert is_ours(other / "docker")


def test_order_and_path(
    others: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours, other = others
    monkeypatch.setenv("PATH", f"{other}:{ours}")
    main(["docker-shim", "install", "--dir", str(ours)])
    assert f"{other}/docker comes before it on PATH" in capsys.readouterr().out
    main(["docker-shim", "install", "--dir", str(tmp_path / "off")])
    assert f"export PATH={tmp_path}/off:$PATH" in capsys.readouterr().out


def test_interpreter_with_a_space(tmp_path: Path) -> None:
    python = tmp_path / "with space" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "$#" "$2"\n')
    python.chmod(0o755)
    program = tmp_path / "docker"
    program.write_text(script(str(python)))
    program.chmod(0o755)
    assert subprocess.run([program, "a b"], capture_output=True, text=True).stdout == "2 a b\n"
    compile(program.read_text(), "docker", "exec")


def test_a_folder_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docker-shim", "install", "--dir", "/proc/bin"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("ERROR: cannot change /proc/bin/docker: ")
    assert said.endswith("[shim-folder]\n")

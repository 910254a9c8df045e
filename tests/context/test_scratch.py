"""Folders that are gone with their process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rootbuild.context.scratch import scratch, sweep
from rootbuild.errors import HostError

HOLD = """\
import sys
from pathlib import Path
from rootbuild.context.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "file").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""

Held = tuple["subprocess.Popen[str]", Path]


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    """Another process with a folder below `parent`."""
    argv = (sys.executable, "-c", HOLD, str(tmp_path / "parent"))
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
        process.kill()


def test_gone_after_the_block_whatever_its_modes(tmp_path: Path) -> None:
    with contextlib.suppress(KeyboardInterrupt), scratch(tmp_path / "a/b") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "d/locked").mkdir(parents=True)
        (folder / "d/locked/file").write_text("x")
        (folder / "d/link").symlink_to(tmp_path)
        (folder / "d/locked").chmod(0)
        (folder / "d").chmod(0o500)
        raise KeyboardInterrupt
    assert list((tmp_path / "a/b").iterdir()) == []
    assert tmp_path.stat().st_mode & 0o700 == 0o700


def test_a_fork_leaves_it_to_its_maker(tmp_path: Path) -> None:
    with scratch(tmp_path) as folder:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with scratch(tmp_path) as own:
                    (folder / "from-child").write_text("x")
                status = int(own.exists())
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert (folder / "from-child").exists()
    assert list(tmp_path.iterdir()) == []


def test_the_end_of_the_block_in_a_fork_removes_nothing(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    maker = os.getpid()
    with scratch(tmp_path) as folder:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            assert folder.exists()
    if os.getpid() != maker:
        os.write(writing, b"here" if folder.exists() else b"gone")
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        assert answer.read() == b"here"
    assert not folder.exists()


def test_a_killed_process_is_swept_and_a_live_one_is_not(tmp_path: Path, held: Held) -> None:
    process, folder = held
    sweep(tmp_path / "parent")
    assert (folder / "file").exists()
    process.kill()
    process.wait()
    assert (folder / "file").exists()
    sweep(tmp_path / "parent")
    assert list((tmp_path / "parent").iterdir()) == []


def test_making_one_sweeps_too(tmp_path: Path, held: Held) -> None:
    process, folder = held
    process.kill()
    process.wait()
    with scratch(tmp_path / "parent"):
        assert not folder.exists()


def test_as_long_as_a_fork_lives_it_is_somebodys(tmp_path: Path) -> None:
    """The maker was killed; what it forked off still works in the folder."""
    script = HOLD.replace("print", "import os\n    os.fork() and print")
    argv = (sys.executable, "-c", script, str(tmp_path))
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        process.kill()
        process.wait()
        sweep(tmp_path)
        assert folder.exists()
        assert process.stdin is not None
        process.stdin.close()  # the fork's standard input ends
        process.stdout.read()  # and so does the fork
    sweep(tmp_path)
    assert not folder.exists()


def test_nothing_to_sweep(tmp_path: Path) -> None:
    sweep(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    sweep(tmp_path / "file")
    with pytest.raises(HostError) as caught, scratch(tmp_path / "file/folder"):
        pass
    assert caught.value.id == "cache-folder"

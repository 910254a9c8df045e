"""What users do wrong, and what goes wrong: one message, the right exit code, nothing left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.build.builds import Project
from tests.hosts import ENGINE
from tests.traces import Traces

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("dockerfile", "message", "line"),
    [
        ("FORM diamol/base\n", "unknown instruction: FORM (did you mean FROM?)", 1),
        ("RUN x\n", "no build stage in current context", 1),
        ("FROM diamol/base\nCOPY nope /x\n", '"/nope": not found', 2),
        ("FROM diamol/base\nCOPY --from=nope:1 / /x\n", "nope:1", 2),
        ("FROM no.such.registry:1/image\n", "no.such.registry:1/image", 1),
        ("FROM diamol/base\nRUN echo out; exit 3\n", "exit code: 3", 2),
        ("FROM diamol/base\nUSER nobody-here\nRUN true\n", "unable to find user nobody-here", 3),
        ("FROM diamol/base\nCOPY --chown=ghost Dockerfile /\n", "unable to find user ghost", 2),
        ("FROM diamol/base\nCOPY --chmod=99 Dockerfile /\n", "invalid chmod parameter: '99'", 2),
        ("FROM diamol/base\nADD http://127.0.0.1:1/y /\n", "connection refused", 2),
        ('FROM diamol/base\nRUN ["/no/such/program"]\n', "exit code: 127", 2),
    ],
)
def test_a_mistake_is_one_message_with_its_place(
    project: Project, dockerfile: str, message: str, line: int
) -> None:
    result = project.build(dockerfile, check=False)
    assert result.status == 1
    errors = [row for row in result.stderr.splitlines() if row.startswith("ERROR: ")]
    assert len(errors) == 1
    assert errors[0].startswith("ERROR: failed to solve: ")
    assert message in errors[0]
    assert f"Dockerfile:{line}\n" in result.stderr
    assert re.search(rf"^ *{line} \| >>> ", result.stderr, re.MULTILINE)
    assert "Traceback" not in result.stderr


def test_the_last_output_of_a_failed_command_is_in_the_message(project: Project) -> None:
    result = project.build("FROM diamol/base\nRUN seq 100 130; exit 1\n", "-q", check=False)
    assert "111\n112\n" in result.stderr
    assert "\n110\n" not in result.stderr
    assert result.stdout == ""


def test_a_failed_build_does_not_touch_the_tag(project: Project) -> None:
    project.build("FROM diamol/base\nRUN echo good > /state\n")
    before = project.id()
    assert project.build("FROM diamol/base\nRUN echo bad > /state\nRUN false\n", check=False).status
    assert project.id() == before
    assert project.run("cat", "/state") == "good\n"


def test_a_missing_dockerfile(project: Project) -> None:
    result = project.build(check=False)
    assert result.status == 1
    assert "open Dockerfile: no such file or directory" in result.stderr
    assert "-f" in result.stderr


def test_a_missing_context(project: Project) -> None:
    result = project.rootbuild("image", "build", "-t", project.tag, check=False)
    assert result.status == 1
    assert "requires exactly 1 argument" in result.stderr
    assert "`.`" in result.stderr


def test_an_unknown_stage(project: Project) -> None:
    result = project.build("FROM diamol/base AS first\n", "--target", "frist", check=False)
    assert result.status == 1
    assert 'target stage "frist" could not be found (did you mean first?)' in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--no-cahce"], "did you mean --no-cache?"),
        (["-t", "UPPER"], "invalid reference format"),
        (["--squash"], "--squash is not supported yet"),
        (["--progress", "loud"], "invalid progress mode loud"),
        (["--network", "nope"], 'invalid network mode "nope"'),
    ],
)
def test_a_wrong_option(project: Project, options: list[str], message: str) -> None:
    result = project.build("FROM diamol/base\n", *options, check=False)
    assert result.status == 125
    assert message in result.stderr


def test_no_engine_on_the_host(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    # The look-up also tries the sbin folders, where no engine lives.
    result = project.build("FROM diamol/base\n", check=False, env={"PATH": str(empty)})
    assert result.status == 1
    assert f"{ENGINE} is not installed" in result.stderr
    assert "apt-get install" in result.stderr


SLEEP = "FROM diamol/base\nRUN echo asleep; sleep 1000\n"


def _started(project: Project) -> subprocess.Popen[str]:
    """A build that has come to its long step, in a process group of its own."""
    project.write("Dockerfile", SLEEP)
    process = subprocess.Popen(
        [*project.rootbuild.program, "build", "-t", project.tag, str(project.folder)],
        env=project.rootbuild.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "asleep" in line and "RUN" not in line:
            return process
    raise AssertionError("the build ended early")


def _command_line(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""  # it has ended meanwhile


@pytest.mark.parametrize("whole_group", [True, False], ids=["as Ctrl-C does", "to the process"])
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_interrupted(
    project: Project, number: signal.Signals, status: int, whole_group: bool
) -> None:
    process = _started(project)
    if whole_group:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == status
    assert "ERROR: canceled" in errors
    assert "Traceback" not in errors


def test_interrupted_twice(project: Project) -> None:
    process = _started(project)
    for _ in range(5):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_killed(project: Project) -> None:
    """Whatever dies hard, the next build works and cleans up (the traces are checked for us)."""
    process = _started(project)
    for folder in Path("/proc").glob("[0-9]*"):
        if str(project.folder).encode() in _command_line(folder):
            os.kill(int(folder.name), signal.SIGKILL)
    process.communicate(timeout=30)
    left = Traces.now()
    assert left.working_containers or left.folders
    project.build("FROM diamol/base\nRUN true\n")


def test_its_front_end_killed(project: Project) -> None:
    """The process that the user started dies alone: the rest notices and stops."""
    process = _started(project)
    process.kill()
    process.communicate(timeout=30)
    project.build("FROM diamol/base\nRUN true\n")


def test_a_full_disk(project: Project, tmp_path: Path) -> None:
    """The store lies on a small filesystem of its own, made inside the user's namespace."""
    disk = tmp_path / "disk"
    disk.mkdir()
    project.write("big", b"x" * (24 << 20))
    project.write("Dockerfile", "FROM scratch\nCOPY big /big\n")
    script = (
        f"mount -t tmpfs -o size=16m disk {disk} && "
        f"{' '.join(project.rootbuild.program)} build -t {project.tag} {project.folder}"
    )
    finished = subprocess.run(
        ["buildah", "unshare", "sh", "-c", script],
        env=project.rootbuild.environment({"XDG_DATA_HOME": str(disk)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert "no space left" in finished.stderr.lower()
    assert "[no-space]" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_cache_folder_that_cannot_be_written(
    project: Project, tmp_path: Path, unique: Callable[..., str]
) -> None:
    (tmp_path / "file").write_text("")
    result = project.build(
        "FROM diamol/base\n", check=False, env={"XDG_CACHE_HOME": str(tmp_path / "file")}
    )
    assert result.status == 1
    assert "cannot keep a cache in" in result.stderr

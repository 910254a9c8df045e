"""Going on inside of a namespace: tried on a process of its own, as `join` splits it in two."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rootbuild import process
from rootbuild.errors import EngineError

ROOT = Path(__file__).parents[2]
NO_ITEM = "IndexError: list index out of range"
NO_FILE = "[Errno 2] No such file or directory: '/none'"
PROGRAM = """
import os, signal, sys
from rootbuild import process

done = []
code = process.join(lambda argv: ["buildah", "unshare", *argv], lambda: done.append(os.getpid()))
assert done == [os.getpid() if code is not None else os.getppid()]
if code is not None:
    print("code", code, flush=True)
    raise SystemExit(code)
print(os.getuid(), os.getcwd(), len(open("/proc/self/uid_map").readlines()), flush=True)
def end(number, _):
    print("told", number, flush=True)
    raise SystemExit(9)
signal.signal(signal.SIGTERM, end)
match sys.argv[1]:
    case "exit":
        raise SystemExit(7)
    case "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    case "told":
        os.kill(os.getppid(), signal.SIGTERM)
        signal.pause()
"""


def test_nowhere_to_go() -> None:
    assert process.join(lambda _: None) is None


def test_a_namespace_that_cannot_be_made() -> None:
    with pytest.raises(EngineError) as caught:
        process.join(lambda _: ["sh", "-c", "echo no ids >&2; exit 3"])
    assert "no ids" in caught.value.report.detail
    assert "exited with 3" in caught.value.report.message


def test_work_that_needs_no_other_namespace() -> None:
    assert process.ask(lambda _: None, lambda: b"answer") == b"answer"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("work", "printed"),
    [
        ("lambda: b'%d' % os.getuid()", "b'0'"),
        ("lambda: [][1]", f"namespace what was tried inside failed: {NO_ITEM}"),
        ("lambda: open('/none')", f"namespace what was tried inside failed: {NO_FILE}"),
        ("refuse", "no-space the disk is full"),
        ("lambda: os._exit(9)", "namespace what was tried inside ended with 9"),
    ],
)
def test_one_thing_done_inside(work: str, printed: str) -> None:
    """We stay where we are, and go on as one process. What fails is told, without a traceback."""
    program = f"""
import os
from rootbuild import process
from rootbuild.errors import HostError

def refuse():
    raise HostError("the disk is full", id="no-space")

before = os.getuid()
try:
    print(process.ask(lambda argv: ["buildah", "unshare", *argv], {work}))
except HostError as error:
    print(error.id, error)
assert os.getuid() == before
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{printed}\n"
    assert done.stderr == ""


@pytest.mark.engine
@pytest.mark.parametrize(
    ("end", "said", "code"), [("exit", [], 7), ("killed", [], 137), ("told", ["told 15"], 9)]
)
def test_inside(tmp_path: Path, end: str, said: list[str], code: int) -> None:
    """We are root there, in the same folder; how the new process ends is how the old one does."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, end],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    first, *others = done.stdout.splitlines()
    assert first.split()[:2] == ["0", str(tmp_path)]
    assert int(first.split()[2]) >= 1
    assert others == [*said, f"code {code}"]
    assert done.returncode == code


@pytest.mark.engine
def test_the_current_folder_was_removed(tmp_path: Path) -> None:
    program = f"import os; os.rmdir({str(tmp_path)!r})\n{PROGRAM}".replace(
        "os.getcwd()", "os.path.exists('/proc')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "exit"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 7, done.stderr

"""Stages at the same time, on real engines. Steps of different stages meet in a cache mount."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.build.builds import Project
from tests.traces import Traces

pytestmark = pytest.mark.engine

SHARED = "--mount=type=cache,target=/c"
LOCKED = f"{SHARED},sharing=locked"


def heard(word: str) -> str:
    """A script that waits until another step has told a word, but not for ever."""
    return (
        f"n=0; until [ -e /c/{word} ]; do sleep 0.1; n=$((n + 1)); [ $n -lt 600 ] || exit 9; done"
    )


def test_steps_that_wait_do_not_hold_back_others(project: Project) -> None:
    """In a circle: each waits for the next one, so none can end before all have begun."""
    count = 6
    text = "".join(
        f"FROM diamol/base AS s{n}\n"
        f"RUN {SHARED} touch /c/{n}; {heard(str((n + 1) % count))}; echo {n} >/f\n"
        for n in range(count)
    )
    copies = "".join(f"COPY --from=s{n} /f /f{n}\n" for n in range(count))
    project.build(f"{text}FROM diamol/base\n{copies}", "--jobs", "2")
    assert project.run("sh", "-c", "cat /f*").split() == [str(n) for n in range(count)]
    again = project.build(None, "--progress", "plain")
    assert again.stderr.count("CACHED") == 3 * count + 1


@pytest.mark.parametrize(
    ("mount", "options"), [(SHARED, ("--jobs", "1")), (LOCKED, ())], ids=["one job", "locked"]
)
def test_one_after_another(project: Project, mount: str, options: tuple[str, ...]) -> None:
    """With one job, and with a cache that one step alone may have."""
    count = 4
    text = "".join(
        f"FROM diamol/base AS s{n}\n"
        f"RUN {mount} echo begin >>/c/log; sleep 0.2; echo end >>/c/log; echo {n} >/f\n"
        for n in range(count)
    )
    copies = "".join(f"COPY --from=s{n} /f /f{n}\n" for n in range(count))
    log = f"FROM diamol/base\n{copies}RUN {mount} cat /c/log >/log\n"
    project.build(f"{text}{log}", *options)
    assert project.run("cat", "/log").split() == ["begin", "end"] * count
    assert project.run("sh", "-c", "cat /f*").split() == [str(n) for n in range(count)]


def test_a_failure_ends_the_others(project: Project) -> None:
    result = project.build(
        f"FROM diamol/base AS waiting\nRUN {SHARED} touch /c/up; sleep 1000\n"
        f"FROM diamol/base AS failing\nRUN {SHARED} {heard('up')}; echo oh; exit 3\n"
        f"FROM diamol/base\nCOPY --from=waiting /etc /a\nCOPY --from=failing /etc /b\n",
        *("--progress", "plain"),
        check=False,
    )
    assert result.status == 1
    assert "exit code: 3" in result.stderr
    assert "Dockerfile:4\n" in result.stderr
    assert len(re.findall("^#[0-9]+ ERROR: ", result.stderr, re.MULTILINE)) == 1
    assert len(re.findall("^ERROR: ", result.stderr, re.MULTILINE)) == 1
    canceled = r"^#([0-9]+) \[waiting 2/2\] .*\n(?:.*\n)*#\1 CANCELED$"
    assert re.search(canceled, result.stderr, re.MULTILINE)


def started(project: Project) -> subprocess.Popen[str]:
    """A build with two stages that have come to their long steps."""
    sleeps = "".join(f"FROM diamol/base AS {n}\nRUN echo up-{n}; sleep 1000\n" for n in "ab")
    copies = "COPY --from=a /etc /a\nCOPY --from=b /etc /b\n"
    project.write("Dockerfile", f"{sleeps}FROM diamol/base\n{copies}")
    process = subprocess.Popen(
        [*project.rootbuild.program, "build", "-t", project.tag, str(project.folder)],
        env=project.rootbuild.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    missing = {"up-a", "up-b"}
    for line in process.stderr:
        missing -= {word for word in missing if line.rstrip().endswith(f" {word}")}
        if not missing:
            return process
    raise AssertionError("the build ended early")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(project: Project, number: signal.Signals, status: int) -> None:
    process = started(project)
    os.killpg(process.pid, number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == status
    assert "ERROR: canceled" in errors
    assert "Traceback" not in errors


def test_killed(project: Project) -> None:
    """The next build removes the containers of all stages, and what runs in them."""
    before = Traces.now()
    process = started(project)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = str(project.folder).encode() in (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if ours:
            os.kill(int(folder.name), signal.SIGKILL)
    process.communicate(timeout=30)
    left = [found for found in Traces.now().new_since(before) if "container: " in found]
    assert len(left) >= 2
    project.build("FROM diamol/base\nRUN true\n")

"""Builds whose progress cannot be written, whose folders are closed, whose Dockerfile is a pipe."""

from __future__ import annotations

import os
import subprocess
import threading
from functools import partial

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine

TEXT = "FROM diamol/base\nRUN echo made > /file\n"


def words(project: Project, *options: str) -> tuple[str, ...]:
    return (*project.rootbuild.program, "build", *options, "-t", project.tag, str(project.folder))


def test_what_is_told_does_not_fit(project: Project) -> None:
    """The log is of no use then; the image is."""
    project.write("Dockerfile", TEXT)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            words(project), env=project.rootbuild.environment(), stderr=full, check=False
        )
    assert done.returncode == 0
    assert project.run("cat", "/file") == "made\n"


@pytest.mark.parametrize("closed", [1, 2])
def test_a_stream_is_closed(project: Project, closed: int) -> None:
    project.write("Dockerfile", TEXT)
    done = subprocess.run(
        words(project, "--no-cache"),
        env=project.rootbuild.environment(),
        preexec_fn=partial(os.close, closed),
        check=False,
    )
    assert done.returncode == 0
    assert project.run("cat", "/file") == "made\n"


def test_a_dockerfile_in_a_pipe(project: Project) -> None:
    """It is read once, whichever way the build goes; twice, so that it goes both."""
    for _ in range(2):
        reading, writing = os.pipe()
        with os.fdopen(writing, "w") as pipe:
            pipe.write(TEXT)
        done = subprocess.run(
            words(project, "-f", f"/dev/fd/{reading}"),
            env=project.rootbuild.environment(),
            pass_fds=[reading],
            capture_output=True,
            check=False,
        )
        os.close(reading)
        assert done.returncode == 0, done.stderr
    assert project.run("cat", "/file") == "made\n"


def test_a_dockerfile_that_is_a_named_pipe(project: Project) -> None:
    pipe = project.folder.parent / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(TEXT,))
    writer.start()
    done = subprocess.run(
        words(project, "-f", str(pipe)),
        env=project.rootbuild.environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    writer.join()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (("--output", "{closed}/x"), "output"),
        (("--output", "type=tar,dest={closed}/x.tar"), "output"),
        (("--output", "type=oci,dest={closed}/below/x.tar"), "output"),
        (("--metadata-file", "{closed}/x"), "output"),
        (("--metadata-file", "{closed}/below/x"), "output"),
        (("--cache-to", "type=local,dest=/proc/x"), "cache-export"),
        (("--cache-to", "type=local,dest={file}"), "cache-export"),
        (("--cache-to", "type=local,dest={file}/x"), "cache-export"),
        (("--file", "{closed}/Dockerfile"), "dockerfile-missing"),
    ],
)
def test_what_is_closed(project: Project, options: tuple[str, ...], name: str) -> None:
    closed, file = project.folder.parent / "closed", project.write("file", "")
    closed.mkdir(mode=0)
    project.write("Dockerfile", TEXT)
    told = project.build(
        None, *(word.format(closed=closed, file=file) for word in options), check=False
    )
    assert told.status == 1
    assert told.stderr.endswith(f"[{name}]\n"), told.stderr
    made = project.rootbuild("images", "--quiet", project.tag).stdout
    assert (made == "") == (name != "cache-export"), "it is said before anything is done"


@pytest.mark.parametrize("place", ["closed", "closed/below", "removed"])
def test_a_context_that_is_closed(project: Project, place: str) -> None:
    closed = project.folder.parent / "closed"
    closed.mkdir(mode=0)
    told = project.rootbuild("build", str(project.folder.parent / place), check=False)
    assert told.status == 1
    assert told.stderr.endswith(("[dockerfile-missing]\n", "[context-missing]\n")), told.stderr


def test_a_context_of_no_name(project: Project) -> None:
    """As of a variable that is not set; it is not the current folder."""
    told = project.rootbuild("build", "", cwd=project.folder, check=False)
    assert (told.status, 'path "" not found' in told.stderr) == (1, True)

"""Builds as a person at a terminal has them: progress, Ctrl-C, and shells in containers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pyte
import pytest

from tests.build.builds import Project
from tests.terminal import OnTerminal

pytestmark = pytest.mark.engine

FAILING = "FROM diamol/base\nENV A=b\nRUN echo made > /file\nRUN echo trying; exit 3\n"


def at_terminal(project: Project, dockerfile: str, *words: str) -> OnTerminal:
    project.write("Dockerfile", dockerfile)
    program = project.rootbuild
    command = words if words else ("build",)
    argv = (*program.program, *command, "-t", project.tag, ".")
    return OnTerminal(argv, program.environment(), project.folder)


def last_record(project: Project) -> dict[str, Any]:
    text = project.rootbuild("history", "inspect", "--format", "json").stdout
    found: dict[str, Any] = json.loads(text)
    return found


def seen(said: str, columns: int = 100, rows: int = 30) -> Sequence[str]:
    """What is on the terminal in the end."""
    screen = pyte.Screen(columns, rows)
    pyte.Stream(screen).feed(said)
    return [line.rstrip() for line in screen.display if line.strip()]


def test_progress(project: Project) -> None:
    text = "FROM diamol/base AS one\nRUN echo hello; sleep 1.5\nFROM one\nRUN echo x > /x\n"
    with at_terminal(project, text) as terminal:
        terminal.until("│ hello")
        terminal.resize(60, 20)
        assert terminal.wait() == 0
    assert "\x1b[?25h" in terminal.said.rpartition("\x1b[?25l")[2]  # the cursor is back
    last = seen(terminal.said)
    assert last[-1].startswith(f" Built docker.io/library/{project.tag}:latest · in ")
    assert not any("Building" in line or "│" in line for line in last)
    found = last_record(project)
    assert found["status"] == "Completed"
    assert re.search(r"^#\d+ [\d.]+ hello$", project.rootbuild("history", "logs").stderr, re.M)


def test_nothing_to_do(project: Project) -> None:
    text = "FROM diamol/base\nRUN true\n"
    project.build(text)
    with at_terminal(project, text) as terminal:
        assert terminal.wait() == 0
    assert re.search(r"nothing to do · \d", seen(terminal.said)[-1])
    assert "\x1b[?25l" not in terminal.said


def test_ctrl_c(project: Project) -> None:
    with at_terminal(project, "FROM diamol/base\nRUN echo started; sleep 600\n") as terminal:
        terminal.until("│ started")
        terminal.type("\x03")
        assert terminal.wait() == 130
    last = seen(terminal.said)
    assert any(line.endswith("CANCELED") for line in last)
    assert any(line.startswith(" Canceled after") for line in last)
    assert last_record(project)["status"] == "Canceled"


@pytest.mark.parametrize("options", [(), ("--isolation", "chroot")])
def test_a_shell_in_the_step_that_failed(options: tuple[str, ...], project: Project) -> None:
    words = ("build", "--on-error=shell", *options)
    with at_terminal(project, FAILING, *words) as terminal:
        terminal.until("exit ends the build")
        terminal.until("# ")
        terminal.type("cat /file; echo A=$A; stty size; test -t 0 && echo inter''active\r")
        terminal.until("interactive\r\n")
        terminal.until("# ")
        # Said by who will sleep: a shell that is about to start something may miss the signal.
        terminal.type("sh -c 'echo sl\"\"eeps; exec sleep 600'\r")
        terminal.until("sleeps\r\n")
        terminal.type("\x03")
        terminal.until("# ")
        terminal.type("echo still''here\r")
        terminal.until("stillhere\r\n")
        terminal.type("exit\r")
        assert terminal.wait() == 1
    assert "made\r\nA=b\r\n30 100\r\n" in terminal.said
    assert "did not complete successfully: exit code: 3" in terminal.said
    assert last_record(project)["status"] == "Error"


def test_a_shell_before_a_line(project: Project) -> None:
    words = ("debug", "build", "--break", "4")
    with at_terminal(project, FAILING.replace("exit 3", "exit 0"), *words) as terminal:
        terminal.until("exit goes on")
        terminal.until("# ")
        terminal.type("cat /file; echo more > /more\r")
        terminal.until("made\r\n")
        terminal.type("exit\r")
        assert terminal.wait() == 0
    assert project.run("sh", "-c", "ls /more || echo gone").endswith("gone\n")


def test_without_a_terminal_there_is_no_shell(project: Project) -> None:
    result = project.build(FAILING, "--on-error=shell", check=False)
    assert result.status == 125
    assert "needs a terminal" in result.stderr


def test_secrets_are_not_in_the_record(project: Project) -> None:
    secret = project.write("../token", "hunter2-and-more")
    text = (
        "FROM diamol/base\nARG API_TOKEN\n"
        "RUN --mount=type=secret,id=t cat /run/secrets/t; echo $API_TOKEN; exit 1\n"
    )
    given = ("--secret", f"id=t,src={secret}", "--build-arg", "API_TOKEN=correct-horse")
    result = project.build(text, *given, check=False)
    assert "hunter2-and-more" in result.stderr  # it is the step that shows it
    records = list((project.rootbuild.state / "state").glob("rootbuild/history/*.build"))
    assert len(records) == 1
    assert b"hunter2" not in records[0].read_bytes()
    assert b"correct-horse" not in records[0].read_bytes()


def test_rawjson(project: Project) -> None:
    result = project.build("FROM diamol/base\nRUN echo hi\n", "--progress=rawjson")
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    names = [v["name"] for line in lines for v in line.get("vertexes", ()) if "completed" in v]
    assert "[2/2] RUN echo hi" in names
    assert any("logs" in line for line in lines)

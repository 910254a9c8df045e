from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rootbuild import __version__
from rootbuild.cli import main as main_module
from rootbuild.cli.main import main
from rootbuild.cli.parse import Parsed
from rootbuild.errors import BuildError, EngineError, Interrupted, Location

Replace = Callable[[BaseException], None]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Replace:
    """Makes every command fail with an exception."""

    def replace(error: BaseException) -> None:
        def fail(parsed: Parsed) -> int:
            raise error

        monkeypatch.setattr(main_module, "load", lambda target: fail)

    return replace


@pytest.mark.parametrize(
    ("argv", "status", "message"),
    [
        ("foo", 1, "rootbuild: 'foo' is not a rootbuild command."),
        ("biuld .", 1, "did you mean 'rootbuild build'?"),
        ("image buidl .", 1, "did you mean 'rootbuild image build'?"),
        ("image foo", 1, "'image foo' is not a rootbuild command."),
        ("image --foo", 125, "unknown flag: --foo"),
        ("--foo ps", 125, "unknown flag: --foo"),
        ("build --foo .", 125, "unknown flag: --foo\nSee 'rootbuild build --help'."),
        ("image build -t x", 1, '"rootbuild image build" requires exactly 1 argument.'),
        ("image build -t x", 1, "The build context is missing"),
        ("run", 1, '"rootbuild run" requires at least 1 argument.'),
        ("run --pull=maybe x", 125, 'invalid pull option: "maybe"'),
        ("run -p x:80 img", 125, 'invalid argument "x:80" for "-p, --publish" flag'),
        ("network create", 1, '"rootbuild network create" requires exactly 1 argument.'),
    ],
)
def test_mistakes(
    argv: str,
    status: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    failing: Replace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(argv.split()) == status
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("-v", "--version"):
        assert main([flag]) == 0
        assert capsys.readouterr().out == f"rootbuild version {__version__}\n"


def test_another_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["foo"], program="docker") == 1
    assert "docker: 'foo' is not a docker command." in capsys.readouterr().err


def test_an_error_is_shown_whole(capsys: pytest.CaptureFixture[str], failing: Replace) -> None:
    error = BuildError("it broke", hint="mend it\nso", detail="output", exit_code=7)
    error.locate(Location("Dockerfile", 2, 2), "FROM x\nRUN false\n")
    failing(error)
    assert main(["ps"]) == 7
    assert capsys.readouterr().err.splitlines() == [
        "ERROR: it broke",
        "Dockerfile:2",
        "--------------------",
        "   1 |     FROM x",
        "   2 | >>> RUN false",
        "   3 |     ",
        "--------------------",
        "output",
        "hint: mend it",
        "      so",
        "[build]",
    ]


def test_an_error_in_a_trigger_names_it(
    capsys: pytest.CaptureFixture[str], failing: Replace
) -> None:
    error = BuildError("it broke", detail="output")
    error.locate(Location("Dockerfile", 1, 1, "RUN false"), "FROM x")
    failing(error)
    main(["ps"])
    assert capsys.readouterr().err.splitlines() == [
        "ERROR: it broke",
        "Dockerfile:1",
        "--------------------",
        "   1 | >>> FROM x",
        "--------------------",
        "trigger of the base: ONBUILD RUN false",
        "output",
        "[build]",
    ]


def test_an_engine_error_shows_the_command(
    capsys: pytest.CaptureFixture[str], failing: Replace
) -> None:
    failing(EngineError("podman exited with 9", command="podman 'a b'", output="why"))
    assert main(["ps"]) == 1
    assert "$ podman 'a b'\nwhy\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyboardInterrupt(), 130),
        (Interrupted("stopped by SIGTERM", exit_code=143), 143),
    ],
)
def test_interrupted(error: BaseException, status: int, failing: Replace) -> None:
    failing(error)
    assert main(["ps"]) == status


def test_a_bug_leaves_a_report(
    capsys: pytest.CaptureFixture[str],
    failing: Replace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(ZeroDivisionError("division by zero"))
    assert main(["run", "--env=TOKEN=hunter2", "img", "password=hunter2"]) == 3
    said = capsys.readouterr().err
    assert "this is a bug in rootbuild: ZeroDivisionError: division by zero" in said
    assert "Traceback" not in said
    (report,) = tmp_path.iterdir()
    assert str(report) in said
    assert report.stat().st_mode & 0o777 == 0o600
    text = report.read_text()
    assert "Traceback (most recent call last)" in text
    assert __version__ in text
    assert "hunter2" not in text.split("```")[0]


def test_debug_shows_the_traceback(
    capsys: pytest.CaptureFixture[str], failing: Replace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOTBUILD_DEBUG", "")
    failing(BuildError("it broke"))
    assert main(["-D", "ps"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_nobody_reads() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "rootbuild", "--help"],
        stdout=writer,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr == b""


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); from rootbuild.cli.main import main;"
        "main(['--help']); print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    loaded = set(done.stderr.split())
    assert "rootbuild.cli.help" in loaded
    assert not loaded & {
        "sh",
        "json",
        "sqlite3",
        "importlib.metadata",
        "pathlib",
        "rootbuild.process",
        "rootbuild.backend",
    }

"""`build --check`, `build --call` and `dockerfile ...` against kept texts.

UPDATE_GOLDEN=1 rewrites them.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from rootbuild.cli import build
from rootbuild.cli.main import main
from rootbuild.errors import HostError
from rootbuild.image.platform import build_platform
from tests.files.archives import member, packed

GOLDEN = Path(__file__).with_name("golden") / "call"
CLEAN = "FROM docker.io/diamol/base\n"
CONTEXTS = (
    *("--build-context", "build=/no/such/folder"),
    *("--build-context", "nginx=docker-image://nginx:1"),
    *("--build-context", "other=oci-layout:///none"),
)


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(wanted: str | None) -> NoReturn:
        raise HostError("an engine was asked for")

    monkeypatch.setattr(build, "choose_backend", refuse)
    monkeypatch.setenv("PATH", "/nonexistent")


@pytest.mark.parametrize(
    ("name", "status", "argv"),
    [
        ("check", 1, ["build", "--check", "."]),
        ("check-json", 1, ["build", "--call=check,format=json", "."]),
        ("check-target", 1, ["image", "build", "--call", "check", "--target", "unused", "."]),
        ("outline", 0, ["build", "--call=outline", "--target=build", "."]),
        ("outline-json", 0, ["build", "--call=outline,format=json", "--target=build", "."]),
        ("outline-argument", 0, ["build", "--call=outline", "--build-arg", "VERSION=3", "."]),
        ("targets", 0, ["buildx", "build", "--call=targets", "."]),
        ("targets-json", 0, ["build", "--call=targets,format=json", "."]),
        ("ast", 0, ["dockerfile", "ast", "Dockerfile"]),
        ("ast-json", 0, ["dockerfile", "ast", "--json", "Dockerfile"]),
        ("graph", 0, ["dockerfile", "graph", "Dockerfile"]),
        ("graph-target", 0, ["dockerfile", "graph", "--target", "build", "Dockerfile"]),
        ("graph-mermaid", 0, ["dockerfile", "graph", "--format", "mermaid", "Dockerfile"]),
        ("graph-dot", 0, ["dockerfile", "graph", "--format=dot", "Dockerfile"]),
        ("graph-json", 0, ["dockerfile", "graph", "--format", "json", "Dockerfile"]),
        ("check-contexts", 1, ["build", "--check", *CONTEXTS, "."]),
        ("outline-contexts", 0, ["build", "--call=outline", *CONTEXTS, "."]),
        ("targets", 0, ["build", "--call=targets", *CONTEXTS, "."]),
        ("graph-contexts", 0, ["dockerfile", "graph", *CONTEXTS, "Dockerfile"]),
        (
            "graph-contexts-mermaid",
            0,
            ["dockerfile", "graph", "--format=mermaid", *CONTEXTS, "Dockerfile"],
        ),
        (
            "graph-contexts-json",
            0,
            ["dockerfile", "graph", "--format=json", *CONTEXTS, "Dockerfile"],
        ),
    ],
)
def test_text(
    name: str,
    status: int,
    argv: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(GOLDEN)
    assert main(argv) == status
    shown = capsys.readouterr()
    assert shown.err == ""
    text = shown.out.replace(str(build_platform()), "linux/amd64")
    kept = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        kept.write_text(text)
    assert text == kept.read_text()


def called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, *argv: str
) -> tuple[int, str, str]:
    (tmp_path / "Dockerfile").write_text(text)
    status = main(["build", *argv, str(tmp_path)])
    shown = capsys.readouterr()
    return status, shown.out, shown.err


def test_nothing_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = called(tmp_path, capsys, CLEAN, "--check")
    assert outcome == (0, "Check complete, no warnings found.\n", "")
    status, shown, _ = called(tmp_path, capsys, CLEAN, "--call=lint,format=json")
    document = json.loads(shown)
    assert (status, document["warnings"]) == (0, [])
    assert base64.b64decode(document["sources"][0]["data"]).decode() == CLEAN


def test_one_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, shown, _ = called(tmp_path, capsys, "FROM scratch as a\n", "--check")
    assert status == 1
    assert shown.startswith("Check complete, 1 warning has been found!\n\nWARNING: FromAsCasing")
    assert f"\n{tmp_path}/Dockerfile:1\n" in shown


def test_error_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "# check=error=true\nFROM scratch as a\n"
    status, shown, errors = called(tmp_path, capsys, text, "--check")
    assert status == 1
    assert "WARNING: FromAsCasing" in shown
    assert errors.startswith("ERROR: lint violation found for rules: FromAsCasing\nDockerfile:1\n")
    _, shown, errors = called(tmp_path, capsys, text, "--call=check,format=json")
    assert errors == ""
    assert json.loads(shown)["buildError"]["message"] == (
        "lint violation found for rules: FromAsCasing"
    )


def test_parse_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "FROM scratch\nBADCMD\n"
    status, shown, errors = called(tmp_path, capsys, text, "--check")
    assert (status, shown) == (1, "")
    assert errors.startswith("ERROR: unknown instruction: BADCMD")
    status, shown, errors = called(tmp_path, capsys, text, "--call=check,format=json")
    assert (status, errors) == (1, "")
    error = json.loads(shown)["buildError"]
    assert error["location"]["ranges"][0]["start"]["line"] == 2


@pytest.mark.parametrize("call", ["check", "outline", "targets"])
def test_another_language(call: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "# syntax=other/language\nFROM scratch\n"
    status, shown, errors = called(tmp_path, capsys, text, f"--call={call}")
    assert (status, shown) == (1, "")
    assert errors.startswith("ERROR: the syntax other/language is not supported")
    official = "--build-arg=BUILDKIT_SYNTAX=docker/dockerfile:1"
    assert called(tmp_path, capsys, text, f"--call={call}", official)[0] == 0


def test_warnings_before_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "FROM scratch AS BadStageName\nMAINTAINER me@example.org\nBADCMD\nENV a b\n"
    status, shown, _ = called(tmp_path, capsys, text, "--call=check,format=json")
    found = [warning["ruleName"] for warning in json.loads(shown)["warnings"]]
    assert (status, found) == (1, ["StageNameCasing", "MaintainerDeprecated"])
    status, shown, errors = called(tmp_path, capsys, text, "--check")
    assert (status, "Check complete, 2 warnings have been found!" in shown) == (1, True)
    assert errors.startswith("ERROR: unknown instruction: BADCMD\nDockerfile:3\n")


def test_skipped_by_argument(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    skip = "--build-arg=BUILDKIT_DOCKERFILE_CHECK=skip=FromAsCasing"
    assert called(tmp_path, capsys, "FROM scratch as a\n", "--check", skip)[0] == 0


def test_ignore_file_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".dockerignore").write_text("secret.txt\n")
    text = "# check=experimental=all\nFROM scratch\nCOPY secret.txt /\n"
    status, shown, _ = called(tmp_path, capsys, text, "--check")
    assert (status, "CopyIgnoredFile" in shown) == (1, True)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--call=nonsense"], 'invalid argument "nonsense" for "--call" flag'),
        (["--call=check,format=xml"], "invalid option format=xml"),
        (["--check", "--call=outline"], "--check and --call=outline exclude each other"),
    ],
)
def test_refused(
    argv: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, shown, errors = called(tmp_path, capsys, CLEAN, *argv)
    assert (status, shown) == (125, "")
    assert message in errors


@pytest.mark.parametrize("option", ["--call=build", "--check=false"])
def test_ordinary_build(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """These ask for an engine, which the fixture refuses."""
    status, _, errors = called(tmp_path, capsys, CLEAN, option)
    assert status == 1
    assert "an engine was asked for" in errors


TRIGGERS = (
    "FROM a AS tools\nFROM b AS base\nONBUILD ARG V=1\nONBUILD COPY --from=tools /in /out\n"
    "ONBUILD RUN --mount=from=tools,target=/t --mount=type=secret,id=key x\nFROM base\n"
)


def test_what_stages_trigger_is_in_the_graph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(TRIGGERS)
    assert main(["dockerfile", "graph", str(path)]) == 0
    assert capsys.readouterr().out == (
        "0 tools (needed: stage-2 copies from it (line 6); stage-2 mounts it (line 6))\n"
        "    FROM a (line 1)\n"
        "1 base (needed: stage-2 is based on it (line 6))\n"
        "    FROM b (line 2)\n"
        "2 stage-2 (needed: it is the target)\n"
        "    FROM stage 1 base (line 6)\n"
        "    ONBUILD COPY --from stage 0 tools (line 6)\n"
        "    ONBUILD RUN --mount stage 0 tools (line 6)\n"
    )


def test_what_stages_trigger_is_in_the_outline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, shown, _ = called(tmp_path, capsys, TRIGGERS, "--call=outline")
    assert status == 0
    assert [line.split() for line in shown.splitlines()] == [
        ["BUILD", "ARG", "VALUE", "DESCRIPTION"],
        ["V", "1"],
        [],
        ["SECRET", "REQUIRED"],
        ["key"],
        [],
    ]


def test_an_error_in_a_stage_s_trigger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "FROM a AS base\nONBUILD COYP a b\nFROM base\n"
    status, _, errors = called(tmp_path, capsys, text, "--check")
    assert status == 1
    assert errors.startswith("ERROR: unknown instruction: COYP (did you mean COPY?)\nDockerfile:3")
    assert "trigger of the base: ONBUILD COYP a b\n" in errors


@pytest.mark.parametrize("verb", [["ast"], ["graph"], ["graph", "--format", "json"]])
def test_looking_into_what_is_wrong(
    verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM a\nCOPY <<E /\n")
    assert main(["dockerfile", *verb, str(path)]) == 1
    assert "ERROR: unterminated heredoc\nDockerfile:2\n" in capsys.readouterr().err
    assert main(["dockerfile", *verb, str(tmp_path / "none")]) == 1
    assert "no such file or directory" in capsys.readouterr().err


class Stdin:
    """What `sys.stdin` is to the program."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_contexts_that_are_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only for as long as the Dockerfile and the ignore file are looked at."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    text = b"# check=experimental=all\nFROM scratch\nCOPY ignored /\n"
    data = packed([member("Dockerfile", text), member(".dockerignore", b"ignored\n")])
    monkeypatch.setattr(sys, "stdin", Stdin(data))
    assert main(["build", "--check", "-"]) == 1
    assert "WARNING: CopyIgnoredFile" in capsys.readouterr().out
    assert list((tmp_path / "rootbuild/contexts").iterdir()) == []
    monkeypatch.setattr(sys, "stdin", Stdin(b"FROM scratch AS piped\n"))
    assert main(["build", "--call=targets", "-"]) == 0
    assert "piped" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "status", "message"),
    [
        (["--build-context", "x", "."], 125, "invalid context value: x, expected key=value"),
        (["--build-context", "X=y", "."], 125, "invalid context name X: invalid reference format"),
        (["-f", "-", "-"], 1, "invalid argument: can't use stdin for both build context and"),
        (["-f", "x", "-"], 1, "ambiguous Dockerfile source: both stdin and flag correspond to"),
        (["https://x/y.git?z=1"], 1, 'unexpected query "z"'),
        (["/no/such"], 1, "unable to prepare context: path '/no/such' not found"),
    ],
)
def test_contexts_that_cannot_be(
    argv: list[str],
    status: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"FROM scratch\n"))
    assert main(["build", "--check", *argv]) == status
    assert capsys.readouterr().err.startswith(f"ERROR: {message}")

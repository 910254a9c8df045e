"""`history ...` over records of builds that never were."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest

from rootbuild.cli import main
from rootbuild.history.recorder import Recorder
from tests.history.recorded_builds import Ticks, failure, full, head


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where records are; three builds: an old one, one that failed, and one that runs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    where = tmp_path / "rootbuild" / "history"
    full(where, "a" * 25, 1000.0, tags=("app:1",), arguments={"V": "1"})
    failed = Recorder(where, head("b" * 25, 2000.0, context=str(tmp_path / "x")), Ticks(2000.0))
    failed.start(1, "[1/1] RUN x")
    failed.log(1, b"oh no\n")
    failed.failed(1, "exit code: 1")
    failed.end(error=failure())
    return where


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    assert main.main(["history", *words]) == status
    return capsys.readouterr().out


def test_ls(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, failed, old = said(capsys, "ls").splitlines()
    assert first.split() == ["BUILD", "ID", "NAME", "STATUS", "CREATED", "AT", "DURATION"]
    assert failed.split()[:3] == ["b" * 25, "x", "Error"]
    assert old.split()[:3] == ["a" * 25, "app:1", "Completed"]


def test_running_builds_come_first(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running = Recorder(records, head("r" * 25, 500.0))
    assert said(capsys, "ls").splitlines()[1].split()[2] == "Running"
    assert main.main(["history", "rm", "r"]) == 1
    running.end()


def test_ls_chosen(
    records: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    only = ("ls", "--format", "{{.Ref}}")
    assert said(capsys, *only, "--filter", "status=error") == "b" * 25 + "\n"
    assert said(capsys, *only, "--filter", "status!=error") == "a" * 25 + "\n"
    assert said(capsys, *only, "--filter", "name=app:1") == "a" * 25 + "\n"
    monkeypatch.chdir(records.parent.parent)
    assert said(capsys, *only, "--local") == "b" * 25 + "\n"
    assert main.main(["history", "ls", "--filter", "color=red"]) == 1


def test_ls_as_json(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = [json.loads(line) for line in said(capsys, "ls", "--format", "json").splitlines()]
    assert [one["status"] for one in found] == ["Error", "Completed"]
    assert found[1]["total_steps"] == 3
    assert found[1]["cached_steps"] == 1
    assert found[1]["created_at"] == "1970-01-01T00:16:40.000000Z"


def test_inspect(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "inspect", "^1")
    assert "Build Steps:    3/3 (33% cached)" in text
    assert "data/big.bin" in text
    assert "the build context is large" in text
    failed = said(capsys, "inspect")
    assert "Status:         Error" in failed
    assert "last words\nlook inside" in failed
    assert said(capsys, "inspect", "a", "--format", "{{.name}}") == "app:1\n"
    assert json.loads(said(capsys, "inspect", "a", "--format", "json"))["build_args"] == {"V": "1"}


def test_logs(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["history", "logs"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""  # as buildx has it
    assert "#1 [1/1] RUN x\n" in printed.err
    assert "oh no\n" in printed.err
    assert main.main(["buildx", "history", "logs", "--progress", "rawjson"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines[0]["vertexes"][0]["started"].startswith("1970-01-01T00:33:2")


def test_export(records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "export", "a"))
    assert found["events"][0][1:] == [
        "start",
        1,
        "[internal] load build definition from Dockerfile",
    ]
    page = tmp_path / "page.html"
    said(capsys, "export", "a", "--format", "html", "-o", str(page))
    assert page.read_text().startswith("<!doctype html>")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert main.main(["history", "export", "-o", str(tmp_path / "no" / "x")]) == 1
    assert "cannot write" in capsys.readouterr().err
    assert list(tmp_path.glob(".*")) == []


def test_open(
    records: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    path = Path(said(capsys, "open", "a").strip())
    assert path.read_text().startswith("<!doctype html>")
    assert seen.read_text() == f"file://{path}\n"
    assert said(capsys, "ls").count("\n") == 3  # the page is no record


def test_rm(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "rm", "a")
    assert said(capsys, "ls").count("\n") == 2
    assert main.main(["history", "rm"]) == 1
    said(capsys, "rm", "--all")
    assert said(capsys, "ls").count("\n") == 1
    assert main.main(["history", "logs"]) == 1
    assert "no build is recorded" in capsys.readouterr().err


def test_times_are_shown_as_they_pass(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running = Recorder(records, head("r" * 25, time.time() - 65))
    assert "1m  5s+" in said(capsys, "ls") or "1m  6s+" in said(capsys, "ls")
    running.end()

"""Commands of the engine that fail: what is wrong with the host is told behind its words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pytest

from rootbuild.backend import Problem
from rootbuild.cli import login, main
from rootbuild.facts import cgroups
from rootbuild.host import probes
from rootbuild.process import Finished
from rootbuild.runtime.calls import Outcome
from tests.program import Rootbuild

BROKEN = Problem("the pause process is stale", "podman system migrate", id="stale-pause-process")


@pytest.fixture
def engine_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rootbuild.process.foreground", lambda *_, **__: 125)
    monkeypatch.setattr("rootbuild.process.look", lambda argv, *_: Finished(argv, 125, b"", b""))


@pytest.mark.parametrize("words", [["ps"], ["volume", "ls"], ["network", "ls"]])
def test_what_is_wrong_is_told(
    words: list[str],
    engine_fails: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(probes, "_common", lambda: iter([None, BROKEN]))
    assert main.main(words) == 1
    said = capsys.readouterr().err
    assert "ERROR: the pause process is stale" in said
    assert "hint: podman system migrate\n[stale-pause-process]\n" in said


def test_nothing_is_said_where_nothing_is_wrong(
    engine_fails: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(probes, "_common", lambda: iter(()))
    monkeypatch.setattr(probes, "_of_containers", lambda: iter(()))
    assert main.main(["ps"]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("runtime", "refuses"), [("crun", True), ("runc", False), ("", False)])
def test_a_runtime_that_is_ordered_in_vain(
    runtime: str, refuses: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hybrid:
        refused_by_crun = True

    monkeypatch.setattr(cgroups, "look", Hybrid)
    found = probes.refused(runtime)
    assert (found is not None) == refuses


def test_a_password_is_in_no_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    seen = []

    def call(
        runtime: object,
        words: Sequence[str],
        *,
        live: bool = False,
        stdin: IO[bytes] | None = None,
    ) -> Outcome:
        assert stdin is not None
        seen.append((tuple(words), stdin.read()))
        file = next(word for word in words if word.startswith("--authfile=")).partition("=")[2]
        Path(file).write_text(json.dumps({"auths": {"localhost:1": {"auth": "eDp5"}}}))
        return Outcome(0)

    monkeypatch.setattr(login, "call", call)
    assert main.main(["login", "-u", "me", "-p", "hush", "localhost:1"]) == 0
    ((words, secret),) = seen
    assert secret == b"hush"
    assert not any("hush" in word for word in words)
    assert "--username=me" in words
    assert main.main(["login", "-u", "me", "-p", "hush", "--password-stdin", "localhost:1"]) == 1
    assert "mutually exclusive" in capsys.readouterr().err


@pytest.mark.engine
@pytest.mark.parametrize(
    "words",
    [["ps"], ["pull", "localhost:1/x"], ["logs", "x"], ["images"], ["load", "-i", "/dev/null"]],
)
def test_a_real_engine(rootbuild: Rootbuild, tmp_path: Path, words: list[str]) -> None:
    folder = tmp_path / "config" / "containers"
    folder.mkdir(parents=True)
    (folder / "storage.conf").write_text("[storage\n")
    environment = {"XDG_CONFIG_HOME": str(folder.parent)}
    done = rootbuild(*words, env=environment, check=False)
    assert done.status == 1
    assert f"mend or remove {folder}/storage.conf" in done.stderr
    assert done.stderr.endswith("[storage-config]\n")

"""Under the name of docker, and what clients ask first."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from rootbuild import __version__
from rootbuild.backend import Event
from rootbuild.cli import builders, completion, events, identity, rows
from rootbuild.cli.archive import loaded
from rootbuild.cli.main import main
from rootbuild.errors import UsageError
from rootbuild.template import Record


def test_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert identity.program("/usr/local/bin/docker") == "docker"
    assert identity.program("/x/docker/rootbuild") == "rootbuild"
    assert main(["--version"], "docker") == 0
    assert capsys.readouterr().out == f"Docker version 27.5.1, build rootbuild-{__version__}\n"
    assert main(["-v"], "rootbuild") == 0
    assert capsys.readouterr().out == f"rootbuild version {__version__}\n"
    assert main(["nope"], "docker") == 1
    assert "docker: 'nope' is not a docker command." in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version", "-f", "{{json .}}"]) == 0
    said = capsys.readouterr().out
    found = json.loads(said)
    assert set(found["Client"]) >= {"Version", "ApiVersion", "Os", "Arch"}
    assert set(found["Server"]) >= {"Version", "ApiVersion", "MinAPIVersion", "KernelVersion"}
    assert [part["Name"] for part in found["Server"]["Components"]] == ["Engine", "rootbuild"]
    assert "podman" not in said
    assert main(["version"]) == 0
    assert "Version:           27.5.1" in capsys.readouterr().out
    assert main(["version", "-f", "{{.Nope}}"]) == 64
    assert "template parsing error: template: :1: executing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "status"),
    [
        (["--config", "/c", "--log-level=info", "-c", "default", "version"], 0),
        (["--context=other", "version"], 1),
        (["--nope", "version"], 125),
        (["--config"], 125),
    ],
)
def test_global_flags(argv: list[str], status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", "/before")
    assert main(argv) == status


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("DOCKER_HOST", "tcp://elsewhere:2375", 1),
        ("DOCKER_HOST", "ssh://elsewhere", 1),
        ("DOCKER_HOST", "unix:///run/podman.sock", 0),
        ("DOCKER_CONTEXT", "elsewhere", 1),
        ("DOCKER_CONTEXT", "default", 0),
    ],
)
def test_daemons_elsewhere(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, status: int
) -> None:
    """Under the name of docker nobody is answered out of another store than he means."""
    monkeypatch.setenv(name, value)
    assert main(["version"], "docker") == status
    assert main(["version"], "rootbuild") == 0


def test_rows() -> None:
    found = [Record(A="1", B="two"), Record(A="three", B="4")]
    headers = {"A": "FIRST", "B": "SECOND"}
    assert rows.many("", found, headers, ("A", "B")) == "FIRST   SECOND\n1       two\nthree   4\n"
    assert rows.many("table {{.B}}", found, headers, ()) == "SECOND\ntwo\n4\n"
    assert rows.many("{{.A}}\\t{{.B}}", found, headers, ()) == "1\ttwo\nthree\t4\n"
    assert rows.many("json", found[:1], headers, ()) == '{"A":"1","B":"two"}\n'
    with pytest.raises(UsageError):
        rows.many("{{.C}}", found, headers, ())


def test_builders(tmp_path: Path) -> None:
    file = tmp_path / "state" / "builders.json"
    assert builders.read(file) == builders.Builders()
    builders.write(builders.Builders().with_name("x").using("x"), file)
    assert builders.read(file) == builders.Builders(("default", "x"), "x")
    assert builders.read(file).without("x") == builders.Builders()
    assert builders.read(file).without("default").names == ("default", "x")
    file.write_text('{"names": 3}')
    assert builders.read(file) == builders.Builders()


def test_events() -> None:
    event = Event("container", "die", "abc", {"image": "i", "name": "n"}, 1_500_000_000)
    assert events.record(event) == {
        "status": "die",
        "id": "abc",
        "from": "i",
        "Type": "container",
        "Action": "die",
        "Actor": {"ID": "abc", "Attributes": {"image": "i", "name": "n"}},
        "scope": "local",
        "time": 1,
        "timeNano": 1_500_000_000,
    }
    line = "1970-01-01T00:00:01.500000000Z container die abc (image=i, name=n)\n"
    assert events.plain(event) == line
    assert "status" not in events.record(Event("network", "create", "n", {}, 0))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10m", 400), ("0.0s", 1000), ("7", 7), ("1970-01-01T00:00:05Z", 5), ("2s", 998)],
)
def test_moments(text: str, seconds: int) -> None:
    now = datetime.fromtimestamp(1000, timezone.utc)
    assert events.moment(text, now) == datetime.fromtimestamp(seconds, timezone.utc)


def test_no_moment() -> None:
    with pytest.raises(UsageError):
        events.moment("yesterday")


def test_loaded() -> None:
    said = f"Loaded image: docker.io/library/a:1\nLoaded image: sha256:{'a' * 64}\nWriting\n"
    assert loaded(said) == f"Loaded image: a:1\nLoaded image ID: sha256:{'a' * 64}\n"
    assert loaded("Loaded image(s): docker.io/x/b:1,localhost/c:2\n") == (
        "Loaded image: x/b:1\nLoaded image: localhost/c:2\n"
    )


def test_completion(capsys: pytest.CaptureFixture[str]) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert main(["completion", shell], "docker") == 0
        assert "docker __complete" in capsys.readouterr().out
    assert main(["completion", "tcsh"]) == 1
    assert main(["__complete", "buil"]) == 0
    assert capsys.readouterr().out.split()[:1] == ["build"]
    assert main(["__complete", "image", "ls", "--no"]) == 0
    assert capsys.readouterr().out == "--no-trunc\tDon't truncate output\n"
    top = dict(completion.candidates((), ""))
    assert "__complete" not in top
    assert {"build", "image", "ps"} <= set(top)
    assert set(dict(completion.candidates(("image",), ""))) >= {"build", "ls", "rm"}
    assert not list(completion.candidates(("image", "ls", "--format"), ""))
    assert not list(completion.candidates(("nope",), ""))

"""What is offered while a command line is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rootbuild.backend import StoredContainer, StoredImage
from rootbuild.cli import completion
from rootbuild.cli.main import main
from tests.runtime.fakes import FakeRuntime


@pytest.fixture(autouse=True)
def _engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = FakeRuntime(
        tmp_path / "log",
        known_images=[StoredImage("a" * 64, ("docker.io/library/app:latest",))],
        known_containers=[StoredContainer("b" * 64, ("web",), "running")],
        known_networks=[("1" * 64, "nat")],
        known_volumes=["data"],
    )
    monkeypatch.setattr(completion, "choose_runtime", lambda: runtime)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def offered(line: str) -> list[str]:
    """The names that may take the place of the last word."""
    *before, word = line.split(" ")
    return [name for name, _ in completion.candidates(before, word) if name.startswith(word)]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("bui", ["build", "buildx"]),
        ("-D bui", ["build", "buildx"]),
        ("--config /x ru", ["run"]),
        ("--config=/x ru", ["run"]),
        ("--config ru", []),
        ("--deb", ["--debug"]),
        ("help bu", ["build", "buildx"]),
        ("help image bui", ["build"]),
        ("run --network n", ["none", "nat"]),
        ("run --net n", ["none", "nat"]),
        ("run --network=n", ["--network=none", "--network=nat"]),
        ("run --network = n", ["none", "nat"]),
        ("run --pull ", ["always", "missing", "never"]),
        ("run --restart on", ["on-failure"]),
        ("build --progress p", ["plain"]),
        ("run --name ", []),
        ("run -e A ", ["app:latest"]),
        ("run -eA ", ["app:latest"]),
        ("run -it ", ["app:latest"]),
        ("run --rm app ", []),
        ("run --rm app --", []),
        ("exec ", ["web"]),
        ("exec web ", []),
        ("stop web ", ["web"]),
        ("inspect ", ["web", "app:latest", "nat", "data"]),
        ("buildx use ", ["default"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("volume rm ", ["data"]),
        ("volume create ", []),
    ],
)
def test_offered(line: str, names: list[str]) -> None:
    assert offered(line) == names


def test_the_function_of_zsh_is_called_when_it_is_loaded_by_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["completion", "zsh"], "docker") == 0
    assert 'if [ "$funcstack[1]" = _docker ]; then _docker "$@"; else' in capsys.readouterr().out


def test_what_bash_splits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["__complete", "run", "--pull", "="]) == 0
    assert capsys.readouterr().out == "always\nmissing\nnever\n"

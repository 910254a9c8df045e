"""`--help` against kept texts. UPDATE_GOLDEN=1 rewrites them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rootbuild.cli import registry
from rootbuild.cli.command import Command
from rootbuild.cli.flags import READERS
from rootbuild.cli.main import load, main

GOLDEN = Path(__file__).with_name("golden")


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("top", ["--help"]),
        ("image", ["image"]),
        ("container", ["container", "--help"]),
        ("network", ["network"]),
        ("run", ["run", "--help"]),
        ("network-create", ["help", "network", "create"]),
        ("container-rm", ["rm", "-f", "--help"]),
    ],
)
def test_text(
    name: str,
    argv: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert main(argv) == 0
    shown = capsys.readouterr().out
    kept = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        kept.write_text(shown)
    assert shown == kept.read_text()


def test_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    main(["network", "create", "--help"])
    rows = capsys.readouterr().out.splitlines()
    at = next(i for i, row in enumerate(rows) if "--attachable" in row)
    assert rows[at + 1].strip() == "always be attached"
    assert rows[at + 1].index("always") == rows[at].index("Accepted")


@pytest.mark.parametrize("command", registry.commands(), ids=lambda c: " ".join(c.path))
def test_tables_are_sound(command: Command) -> None:
    names = [name for flag in command.all_flags() for name in (flag.name, *flag.aliases)]
    shorts = [flag.short for flag in command.flags if flag.short]
    assert len(names) == len(set(names))
    assert len(shorts) == len(set(shorts))
    assert all(len(short) == 1 for short in shorts)
    assert all(flag.kind in READERS for flag in command.flags)
    assert all(flag.help or flag.hidden for flag in command.flags)
    assert registry.find_command(command.path) == (command, command.path)
    if command.path[-1] != "build":  # has tests of its own
        assert callable(load(command.load))


def test_every_name_means_one_command() -> None:
    names = [name for command in registry.commands() for name in command.names]
    assert len(names) == len(set(names))

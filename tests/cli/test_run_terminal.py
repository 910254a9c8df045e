"""A terminal that is asked for, and input that comes from none."""

from __future__ import annotations

import os

import pytest

from rootbuild.cli import registry
from rootbuild.cli.parse import parse
from rootbuild.cli.terminal import need_terminal
from rootbuild.errors import UsageError


def look(line: str) -> None:
    words = line.split()
    found = registry.find_command(words)
    assert found is not None
    command, called = found
    need_terminal(parse(command, words[len(called) :], called=called))


@pytest.mark.parametrize(
    "line", ["run -it x", "exec -it x sh", "run -t -a stdin x", "run -t -a STDIN x"]
)
def test_it_is_needed(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: False)
    with pytest.raises(UsageError) as caught:
        look(line)
    assert caught.value.report.message == "the input device is not a TTY"
    assert caught.value.exit_code == 1
    monkeypatch.setattr(os, "isatty", lambda descriptor: True)
    look(line)


@pytest.mark.parametrize("line", ["run -t x", "run -i x", "exec -i x sh", "run -it -a stdout x"])
def test_it_is_not(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: False)
    look(line)

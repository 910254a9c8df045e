"""Options of `cache prune` and filters."""

from __future__ import annotations

import time

import pytest

from rootbuild.build.kept.entry import Entry
from rootbuild.build.kept.rules import Rules, Space
from rootbuild.cli import cache_rules, registry
from rootbuild.cli.parse import parse
from rootbuild.errors import UsageError

OLD = Entry("abc", "regular", time.time() - 7200, "[1/2] RUN make", shared=True)
NEW = Entry("abd", "exec.cachemount", time.time(), "/root/.m2", use=True)


def rules(*words: str) -> Rules:
    command = next(each for each in registry.commands() if each.path == ("cache", "prune"))
    return cache_rules.rules(parse(command, list(words)))


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("until=1h", [OLD]),
        ("unused-for=1h", [OLD]),
        ("until=5h", []),
        ("until=99999999999", [OLD, NEW]),
        ("type=regular", [OLD]),
        ("type!=regular", [NEW]),
        ("id=ab", [OLD, NEW]),
        ("id=abd", [NEW]),
        ("id!=abd", [OLD]),
        ("inuse", [NEW]),
        ("inuse=false", [OLD]),
        ("inuse!=false", [NEW]),
        ("shared", [OLD]),
        ("private", [NEW]),
        ("description=/root/.m2", [NEW]),
        ("description~=RUN", [OLD]),
    ],
)
def test_filters(text: str, passing: list[Entry]) -> None:
    (test,) = cache_rules.tests([text])
    assert [each for each in (OLD, NEW) if test(each)] == passing


@pytest.mark.parametrize(
    "text", ["until=x", "type=wrong", "nothing=1", "id", "inuse=maybe", "description~=(", "", "=x"]
)
def test_no_filters(text: str) -> None:
    with pytest.raises(UsageError):
        cache_rules.tests([text])


def test_options() -> None:
    assert rules() == Rules()
    assert rules("-a", "--keep-storage", "2GB") == Rules(True, (), Space(reserved=2 << 30))
    newer = ("--max-used-space=3k", "--reserved-space=1k", "--min-free-space=9k")
    assert rules(*newer).space == Space(3 << 10, 1 << 10, 9 << 10)
    assert len(rules("--until=1h", "--filter=type=regular").tests) == 2


@pytest.mark.parametrize("words", [["--keep-storage=much"], ["--until=soon"], ["--filter=x=y"]])
def test_no_options(words: list[str]) -> None:
    with pytest.raises(UsageError):
        rules(*words)

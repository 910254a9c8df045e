"""`# check=` in its places."""

from __future__ import annotations

import pytest

from rootbuild.errors import DockerfileError
from rootbuild.lint.settings import Settings, parse_settings
from tests.lint.linted import found, result

TEXT = "FROM scratch as base\ncopy Dockerfile .\n"
BOTH = [("FromAsCasing", 2), ("ConsistentInstructionCasing", 3)]


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ("skip=all", []),
        ("skip=all;error=true", []),
        ("skip=ConsistentInstructionCasing,FromAsCasing", []),
        ("skip= ConsistentInstructionCasing , FromAsCasing ; error=true", []),
        ("skip=ConsistentInstructionCasing", BOTH[:1]),
        ("skip=Unknown", BOTH),
        ("error=false", BOTH),
    ],
)
def test_directive(value: str, rules: list[tuple[str, int]]) -> None:
    outcome = found(f"# check={value}\n{TEXT}")
    assert outcome == rules


@pytest.mark.parametrize("separator", ["", " "])
def test_error(separator: str) -> None:
    outcome = result(f"# syntax=docker/dockerfile:1\n#{separator}check=error=true\n{TEXT}")
    assert outcome.error is not None
    report = outcome.error.report
    assert report.message == (
        "lint violation found for rules: ConsistentInstructionCasing, FromAsCasing"
    )
    assert report.location is not None
    assert report.location.start == 2
    assert outcome.error.exit_code == 1


def test_error_without_warnings_is_none() -> None:
    assert result("# check=error=true\nFROM scratch\n").error is None


def test_build_argument_replaces_the_directive() -> None:
    text = f"# check=skip=all\n{TEXT}"
    given = "skip=ConsistentInstructionCasing;error=true"
    outcome = result(text, BUILDKIT_DOCKERFILE_CHECK=given)
    assert [warning.rule for warning in outcome.warnings] == ["FromAsCasing"]
    assert outcome.error is not None
    assert result(f"# check=error=true\n{TEXT}", BUILDKIT_DOCKERFILE_CHECK="skip=all").error is None


def test_above_an_instruction() -> None:
    text = "FROM scratch\n# check=skip=LegacyKeyValueFormat\nENV a b\nENV c d\n"
    assert found(text) == [("LegacyKeyValueFormat", 4)]
    text = (
        "FROM scratch\n# check=skip=all\n# as it always was\nENV a b\n\n# check=skip=all\n\nENV c d"
    )
    assert found(text) == [("LegacyKeyValueFormat", 8)]
    text = "ARG a\n# check=skip=FromAsCasing\nFROM scratch as b\nFROM scratch as c\n"
    assert found(text) == [("FromAsCasing", 4)]


def test_experimental_above_an_instruction() -> None:
    text = "FROM scratch\n# check=experimental=CopyIgnoredFile\nCOPY a /\nCOPY a /\n"
    assert found(text, "a") == [("CopyIgnoredFile", 3)]


def test_above_an_instruction_nothing_becomes_an_error() -> None:
    text = "FROM scratch\n# check=error=true\nENV a b\n# check=nonsense\nENV c d\n"
    outcome = result(text)
    assert len(outcome.warnings) == 2
    assert outcome.error is None


def test_skip_does_not_touch_experimental_rules() -> None:
    text = "# check=skip=all;experimental=CopyIgnoredFile\nFROM scratch\nCOPY a /\nENV a b"
    assert found(text, "a") == [("CopyIgnoredFile", 3)]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("skip", 'invalid check option "skip"'),
        ("what=1", 'invalid check option "what"'),
        ("error=maybe", 'failed to parse check option "error=maybe": invalid syntax'),
    ],
)
def test_malformed(value: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse_settings(value)
    assert caught.value.report.message == message
    outcome = result(f"# check={value}\n{TEXT}")
    assert outcome.error is not None
    assert outcome.error.report.location is not None
    assert outcome.error.report.location.start == 1


def test_empty() -> None:
    assert parse_settings(" ") == Settings()

"""Warnings of the rules during a build."""

from __future__ import annotations

import pytest

from tests.build.builds import Project

pytestmark = pytest.mark.engine

TEXT = "FROM docker.io/diamol/base as one\nENV greeting hello\nCMD run\n"
WARNINGS = [
    "WARN: FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)",
    'WARN: LegacyKeyValueFormat: "ENV key=value" should be used instead of legacy '
    '"ENV key value" format (line 2)',
    "WARN: JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended "
    "behavior related to OS signals (line 3)",
]


def test_printed_once_also_when_nothing_is_to_do(project: Project) -> None:
    for _ in range(2):
        printed = project.build(TEXT).stderr.splitlines()
        assert [line for line in printed if line.startswith("WARN")] == WARNINGS
        head = printed.index("#1 [internal] load build definition from Dockerfile")
        assert head < printed.index(WARNINGS[0])


def test_quiet_says_nothing(project: Project) -> None:
    assert project.build(TEXT, "-q").stderr == ""


def test_base_image_is_looked_at(project: Project) -> None:
    project.build('FROM docker.io/diamol/base\nENV FROM_BASE=1\nSHELL ["/bin/sh", "-c"]\n')
    text = f"FROM {project.tag}\nENV x=$FROM_BASE\nCMD run\n"
    assert "WARN" not in project.build(text, "-t", f"{project.tag}:second").stderr


def test_error_true_fails_before_anything_is_built(project: Project) -> None:
    result = project.build(f"# check=error=true\n{TEXT}RUN exit 9\n", check=False)
    assert result.status == 1
    assert (
        "ERROR: failed to solve: lint violation found for rules: FromAsCasing, "
        "JSONArgsRecommended, LegacyKeyValueFormat\n" in result.stderr
    )
    assert "RUN exit 9" not in result.stderr
    assert [line for line in result.stderr.splitlines() if line.startswith("WARN")]


def test_build_argument(project: Project) -> None:
    skip = "BUILDKIT_DOCKERFILE_CHECK=skip=all"
    assert "WARN" not in project.build(TEXT, "--build-arg", skip).stderr
    error = "BUILDKIT_DOCKERFILE_CHECK=error=true"
    assert project.build(TEXT, "--build-arg", error, check=False).status == 1


def test_warnings_before_an_error(project: Project) -> None:
    text = "FROM scratch AS BadStageName\nMAINTAINER me@example.org\n"
    for error, message in (
        ("BADCMD\n", "unknown instruction: BADCMD"),
        ("FROM $none\n", "base name ($none) should not be blank"),
    ):
        result = project.build(text + error, check=False)
        assert result.status == 1
        at = result.stderr.index("WARN: StageNameCasing: ")
        assert at < result.stderr.index("WARN: MaintainerDeprecated: ")
        assert result.stderr.index(f"ERROR: failed to solve: {message}") > at
        assert result.stderr.count("WARN: StageNameCasing") == 1


def test_error_true_fails_a_known_build_too(project: Project) -> None:
    project.build(TEXT)
    result = project.build(f"# check=error=true\n{TEXT}", check=False)
    assert (result.status, "lint violation found for rules: " in result.stderr) == (1, True)


def test_arguments_that_ask_for_something_else(project: Project) -> None:
    text = "# syntax=registry.example/docker/dockerfile:1\nFROM docker.io/diamol/base\n"
    result = project.build(text, "--build-arg", "BUILDKIT_MULTI_PLATFORM=1")
    assert [line for line in result.stderr.splitlines() if line.startswith("WARN")] == [
        "WARN: the syntax registry.example/docker/dockerfile:1 is taken for a copy of "
        "docker/dockerfile, which is built in",
        "WARN: BUILDKIT_MULTI_PLATFORM: the image is built for one platform, and without an index",
    ]

"""The functions that other programs import."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from rootbuild import api


def test_words() -> None:
    env = {"a": "1 2", "b": "3"}
    assert api.expand("${a}-'$b'-$c", env) == "1 2-$b-"
    assert api.split_words('$a "$a" $b', env) == ("1", "2", "1 2", "3")
    assert api.expand("`$a", env, escape="`") == "$a"
    with pytest.raises(api.ExpandError, match="missing '}'"):
        api.expand("${a", env)


def test_validate() -> None:
    graph = api.validate(b"ARG base=x\nFROM $base AS one\nFROM one", build_args={"base": "y"})
    assert [stage.name for stage in graph.needed()] == ["one", "stage-1"]
    with pytest.raises(api.DockerfileError) as caught:
        api.validate(b"FROM a\nCOPY --from=0 a b\n", "Mine")
    location = caught.value.report.location
    assert location is not None
    assert (location.file, location.start) == ("Mine", 2)


def test_lint_file_finds_the_ignore_file(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("# check=experimental=all\nFROM scratch AS a\nCOPY x /\nFROM scratch\n")
    assert api.lint_file(path).warnings == ()
    (tmp_path / ".dockerignore").write_text("x")
    assert [str(warning) for warning in api.lint_file(path).warnings] == [
        'CopyIgnoredFile: Attempting to Copy file "x" that is excluded by .dockerignore (line 3)'
    ]
    (tmp_path / "Dockerfile.dockerignore").write_text("y")
    assert api.lint_file(path).warnings == ()


def test_everything_promised_is_there() -> None:
    assert all(hasattr(api, name) for name in api.__all__)


def test_documentation_is_true() -> None:
    path = Path(__file__).parents[2] / "docs" / "api.md"
    failed, tried = doctest.testfile(str(path), module_relative=False)
    assert (failed, tried > 10) == (0, True)

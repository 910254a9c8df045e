"""Ten times the input takes about ten times the steps, not a hundred times.

Steps are counted, not timed: every line of this package that Python runs is one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import rootbuild.dockerfile
from rootbuild.dockerfile.expand import ExpandError, expand
from rootbuild.dockerfile.ignore import Matcher, parse_ignore
from rootbuild.dockerfile.parse import parse
from rootbuild.errors import DockerfileError

PACKAGE = str(Path(rootbuild.dockerfile.__file__).parent)


def _steps(work: Callable[[], object]) -> int:
    count = 0

    def each_line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return each_line

    def each_call(frame: FrameType, event: str, argument: Any) -> Any:
        return each_line if frame.f_code.co_filename.startswith(PACKAGE) else None

    before = sys.gettrace()
    sys.settrace(each_call)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def _parsed(text: str) -> Callable[[], object]:
    def work() -> None:
        try:
            parse(text.encode())
        except DockerfileError:
            return

    return work


def _expanded(word: str, value: str = "") -> Callable[[], object]:
    def work() -> None:
        try:
            expand(word, {"A": value})
        except ExpandError:
            return

    return work


def _walked(lines: str, paths: list[str]) -> Callable[[], object]:
    matcher = Matcher(parse_ignore(lines.encode()))
    return lambda: [matcher.ignored(path) for path in paths]


GROWING: dict[str, Callable[[int], Callable[[], object]]] = {
    "instructions": lambda n: _parsed("FROM a\n" + "RUN echo $X # no\n" * n),
    "continuations": lambda n: _parsed("FROM a\nRUN x" + " \\\n  y" * n),
    "comments": lambda n: _parsed("FROM a\nRUN x \\\n" + "# c\n" * n + "y\n" + "# d\n" * n),
    "blank lines": lambda n: _parsed("FROM a\nRUN x \\\n" + "\n" * n + "y\n"),
    "env words": lambda n: _parsed("FROM a\nENV" + ' A="b c" \\\n' * n),
    "label quotes": lambda n: _parsed("FROM a\nLABEL a=" + "'b\"' \"c'\" \\\n" * n),
    "flags": lambda n: _parsed("FROM a\nRUN" + " --mount=a \\\n" * n),
    "flag quotes": lambda n: _parsed("FROM a\nRUN --mount=" + "'a\"'\"b'\"\\\n" * n),
    "heredoc body": lambda n: _parsed("FROM a\nRUN <<E\n" + "x $y\n" * n + "E\n"),
    "unterminated heredoc": lambda n: _parsed("FROM a\nRUN <<E\n" + "x $y\n" * n),
    "heredocs": lambda n: _parsed("FROM a\nRUN" + " <<E \\\n" * n + "\n" + "E\n" * n),
    "not heredocs": lambda n: _parsed("FROM a\nRUN" + ' <<<x "$y" \\\n' * n),
    "json": lambda n: _parsed('FROM a\nCMD ["a"' + ', \\\n"b"' * n + "]"),
    "broken json": lambda n: _parsed('FROM a\nCMD ["a"' + ', \\\n"b"' * n),
    "onbuilds": lambda n: _parsed("FROM a\n" + "ONBUILD \\\n" * n + "RUN x"),
    "error at the end": lambda n: _parsed("FROM a\n" + "RUN x\n" * n + "NOPE\n"),
    "variables": lambda n: _expanded("$A ${A} ${B:-c} 'd' \"e\" \\f " * n, "v"),
    "side by side": lambda n: _expanded("${A" * n, "v"),
    "prefix": lambda n: _expanded("${A##*x*y*x*z}", "xy" * n),
    "suffix": lambda n: _expanded("${A%%z*x*y*x*}", "xy" * n),
    "replace": lambda n: _expanded("${A//*x*y*z/-}", "xy" * n),
    "replace lines": lambda n: _expanded("${A//x*y*z/-}", "xxyy\n" * n),
    "long pattern": lambda n: _expanded("${A//" + "x*" * n + "y/-}", "x" * n),
    "ignored paths": lambda n: _walked("**/a*/*b*/**/c*d*e\n!x\n", [f"a/{i}/b" for i in range(n)]),
    "deep path": lambda n: _walked("**/a*/*b*/**/c*d*e\n!x\n", ["/".join(["a"] * n)]),
    "stars": lambda n: _walked("*a" * 20 + "*b\n", ["a" * n]),
}


@pytest.mark.parametrize("kind", GROWING)
def test_grows_in_proportion(kind: str) -> None:
    small, large = 100, 1000
    make = GROWING[kind]
    if kind == "deep path":
        # The path itself is looked at once for each directory in it: its length counts twice.
        small, large = 10, 31
    _steps(make(small))  # caches are warm from here on
    few, many = _steps(make(small)), _steps(make(large))
    assert few > 0
    assert many <= few * 14

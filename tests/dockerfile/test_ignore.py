"""Ignore files: their lines, and what they leave out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootbuild.dockerfile.ignore import Matcher, parse_ignore
from rootbuild.dockerfile.pattern import Pattern, PatternSyntaxError
from rootbuild.errors import ContextError


@pytest.mark.parametrize(
    ("data", "patterns"),
    [
        (b"", ()),
        (b"# comment\n\n  \na\n", ("a",)),
        (b"\xef\xbb\xbf# comment\na", ("a",)),
        (b"\xef\xbb\xbfa", ("a",)),
        (b" # not a comment\n#comment", ("# not a comment",)),
        (b"  a  \r\n\tb\t\r\n", ("a", "b")),
        (b"/a\n//b\n!/c\n! d \n", ("a", "b", "!c", "!d")),
        (b"a/\na//b\n./a\na/../b\na/./b\n", ("a", "a/b", "a", "b", "a/b")),
        (b"/\n.\n..\n../a\n", ("/", ".", "..", "../a")),
        (b"!\n", ("!",)),
        (b"a b\n", ("a b",)),
        (b"**/*.py[co]\n", ("**/*.py[co]",)),
        ("\u00e9\n".encode(), ("\u00e9",)),
        (b"\xff\n", ("\udcff",)),
    ],
)
def test_lines(data: bytes, patterns: tuple[str, ...]) -> None:
    assert parse_ignore(data) == patterns


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a", "a", True),
        ("a", "b/a", False),
        ("a/b", "a/b", True),
        ("*", "a", True),
        ("*", "a/b", False),
        ("*.go", "x.go", True),
        ("*.go", ".go", True),
        ("*.go", "x.gox", False),
        (".*", ".x", True),
        (".*", "x", False),
        ("a.c", "abc", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a?c", "a\u263ac", True),
        ("a*c", "a/c", False),
        ("a*/c", "ab/c", True),
        ("a*/c", "a/b/c", False),
        ("[ab]", "a", True),
        ("[ab]", "c", False),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("[^a-c]x", "dx", True),
        ("[!a]", "!", True),
        ("[!a]", "b", False),
        ("[\\]a]", "]", True),
        ("[\\-x]", "-", True),
        ("[a^]", "^", True),
        ("[*?]", "*", True),
        ("[*?]", "x", False),
        ("[\\\\]", "\\", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        ("a\\[b", "a[b", True),
        ("a\\d", "ad", True),
        ("a\\d", "a1", False),
        ("a]", "a]", True),
        ("a(b)+{c}|$^.", "a(b)+{c}|$^.", True),
        ("**", "a", True),
        ("**", "a/b/c", True),
        ("**/**", "a/b", True),
        ("a/**", "a", False),
        ("a/**", "a/b", True),
        ("a/**", "a/b/c", True),
        ("a/**", "ab/c", False),
        ("**/a", "a", True),
        ("**/a", "b/c/a", True),
        ("**/a", "ba", False),
        ("**a", "ba", True),
        ("**a", "c/ba", True),
        ("**a*", "ba", False),
        ("**/a/b", "a/b", True),
        ("**/a/b", "x/a/b", True),
        ("**/a/b", "xa/b", False),
        ("**/*.txt", "a.txt", True),
        ("**/*.txt", "x/y/a.txt", True),
        ("**/**/*.txt", "a.txt", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "a/xb", False),
        ("a**/b", "a/b", True),
        ("a**/b", "ax/y/b", True),
        ("a**/*.txt", "ab.txt", True),
        ("a/*.txt**", "a/x.txt.gz", True),
        ("**/x/**", "a/x/b/c", True),
        ("**/x/**", "x", False),
        ("**/a*/**/*b*/c*", "x/a1/y/zbz/c", True),
        ("**/a*/**/*b*/c*", "x/a1/y/z/c", False),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", False),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert Pattern(pattern).matches(path) is expected


@pytest.mark.parametrize(
    "pattern",
    ["[", "a[", "[^", "[a", "[a-", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[z-a]", "a\\"],
)
def test_malformed_patterns(pattern: str) -> None:
    with pytest.raises(PatternSyntaxError):
        Pattern(pattern)
    with pytest.raises(ContextError, match="syntax error in pattern"):
        Matcher([pattern])


@pytest.mark.parametrize("pattern", ["!", " ! "])
def test_a_lone_exclamation_mark(pattern: str) -> None:
    with pytest.raises(ContextError) as caught:
        Matcher([pattern])
    assert str(caught.value) == 'illegal exclusion pattern: "!"'
    assert caught.value.report.hint


def _ignored(lines: str, paths: str) -> list[str]:
    matcher = Matcher(parse_ignore(lines.encode()))
    return [path for path in paths.split() if matcher.ignored(path)]


def test_a_directory_takes_all_below_with_it() -> None:
    assert _ignored("docs\n", "docs docs/a docs/b/c docsx x/docs") == ["docs", "docs/a", "docs/b/c"]


def test_the_last_match_wins() -> None:
    lines = "*.md\n!README.md\n!a*.md\nab.md\n"
    assert _ignored(lines, "x.md README.md a.md ab.md x.txt") == ["x.md", "ab.md"]
    assert _ignored("!x.md\n*.md\n", "x.md") == ["x.md"]


def test_takes_back_below_what_is_left_out() -> None:
    lines = "*\n!src\n!lib/keep.c\n"
    paths = "a src src/a src/b/c lib lib/keep.c lib/other.c lib/keep.c/x"
    assert _ignored(lines, paths) == ["a", "lib", "lib/other.c"]
    assert _ignored("**\n!a/b\na/b/c\n", "a a/b a/b/x a/b/c a/b/c/d") == ["a", "a/b/c", "a/b/c/d"]


def test_nothing_is_ever_said_about_the_context_itself() -> None:
    matcher = Matcher(["**", "*", "."])
    assert not matcher.ignored("")
    assert not matcher.ignored(".")
    assert matcher.may_hold_included("") is False


def test_no_patterns() -> None:
    matcher = Matcher(["", "  "])
    assert not matcher.ignored("a/b")
    assert not matcher.may_hold_included("a")


def test_patterns_are_cleaned_first() -> None:
    matcher = Matcher(["./a/", "b//c", "**/"])
    assert matcher.ignored("x/y")
    assert Matcher(["./a/"]).ignored("a")
    assert Matcher(["b//c/../d"]).ignored("b/d")
    assert Matcher([" !x "]).ignored("x") is False


def test_the_order_of_questions_does_not_matter() -> None:
    lines = ["*", "!a/b", "a/b/c"]
    deep_first, parents_first = Matcher(lines), Matcher(lines)
    parents = [parents_first.ignored(path) for path in ("a", "a/b", "a/b/c", "a/b/c/d")]
    assert [deep_first.ignored(path) for path in ("a/b/c/d", "a/b/c", "a/b", "a")] == parents[::-1]


@pytest.mark.parametrize(
    ("lines", "directory", "expected"),
    [
        ("node_modules\n", "node_modules", False),
        ("*\n!src/main.c\n", "src", True),
        ("*\n!src/main.c\n", "lib", False),
        ("*\n!src/main.c\n", "sr", False),
        ("*\n!src/a/b/**\n", "src/a", True),
        ("*\n!src/a/b/**\n", "src/b", False),
        ("*\n!**/*.c\n", "any/where", True),
        ("*\n!*/x\n", "any", True),
        ("*\n!*/x\n", "any/y", False),
        ("*\n!s?c/[ab]/x*y\n", "src/a", True),
        ("*\n!s?c/[ab]/x*y\n", "src/c", False),
        ("*\n!a*b*c*d/x\n", "axbxcxd", True),
        ("*\n!a*b*c*d/x\n", "axbxcx", False),
        ("!src/x\nsrc\n", "src", False),
        ("src\n!src/x\nsrc\n", "src", True),
    ],
)
def test_whether_a_walk_has_to_go_on(lines: str, directory: str, expected: bool) -> None:
    matcher = Matcher(parse_ignore(lines.encode()))
    assert matcher.ignored(directory)
    assert matcher.may_hold_included(directory) is expected


NAMES = st.sampled_from(["a", "b", "ab", "a.c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
GLOBS = st.lists(
    st.sampled_from(["a", "b", "*", "**", "?", "*b", "a*", "[ab]", "*.c", "a.c"]),
    min_size=1,
    max_size=4,
).map("/".join)
RULES = st.lists(st.tuples(st.booleans(), GLOBS), max_size=5)


def _simple(glob: str) -> re.Pattern[str]:
    """The textbook translation, which may be slow."""
    source = ""
    for part in re.findall(r"\*\*/|\*\*|\*|\?|\[.*?\]|.", glob):
        translated = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part)
        source += translated or (part if part[0] == "[" else re.escape(part))
    return re.compile(source)


@given(GLOBS, PATHS)
def test_agrees_with_the_textbook(glob: str, path: str) -> None:
    assert Pattern(glob).matches(path) == bool(_simple(glob).fullmatch(path))


@given(GLOBS, PATHS, PATHS)
def test_never_prunes_what_matches(glob: str, directory: str, rest: str) -> None:
    pattern = Pattern(glob)
    if pattern.matches(f"{directory}/{rest}"):
        assert pattern.may_match_below(directory)


@given(RULES, PATHS, PATHS)
def test_walks_find_all_that_is_taken_back(
    rules: list[tuple[bool, str]], directory: str, rest: str
) -> None:
    matcher = Matcher([f"!{glob}" if back else glob for back, glob in rules])
    if matcher.ignored(directory) and not matcher.ignored(f"{directory}/{rest}"):
        assert matcher.may_hold_included(directory)


@given(RULES, PATHS)
def test_carries_matches_on_from_directory_to_directory(
    rules: list[tuple[bool, str]], path: str
) -> None:
    matcher = Matcher([f"!{glob}" if back else glob for back, glob in rules])
    carried: list[bool] = [False] * len(rules)
    names = path.split("/")
    for depth in range(1, len(names) + 1):
        current, ignored = "/".join(names[:depth]), False
        for index, (back, glob) in enumerate(rules):
            # A rule is looked at when it could change something; what matched is carried on.
            if carried[index] or (back == ignored and _simple(glob).fullmatch(current)):
                carried[index] = True
                ignored = not back
        assert matcher.ignored(current) == ignored

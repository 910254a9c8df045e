import time

import pytest

from rootbuild.files.wildcard import BadPatternError, compile_wildcard, has_wildcard

# The cases of Go's path/filepath documentation and of its own test table, by meaning.
MATCHES = [
    ("abc", "abc", True),
    ("*", "abc", True),
    ("*", "", True),
    ("*c", "abc", True),
    ("a*", "a", True),
    ("a*", "abc", True),
    ("a*", "ab/c", False),
    ("a*/b", "abc/b", True),
    ("a*/b", "a/c/b", False),
    ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
    ("a*b*c*d*e*/f", "axbxcxdxexxx/f", True),
    ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", False),
    ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", False),
    ("a*b?c*x", "abxbbxdbxebxczzx", True),
    ("a*b?c*x", "abxbbxdbxebxczzy", False),
    ("ab[c]", "abc", True),
    ("ab[b-d]", "abc", True),
    ("ab[e-g]", "abc", False),
    ("ab[^c]", "abc", False),
    ("ab[^b-d]", "abc", False),
    ("ab[^e-g]", "abc", True),
    ("a\\*b", "a*b", True),
    ("a\\*b", "ab", False),
    ("a?b", "a☺b", True),
    ("a[^a]b", "a☺b", True),
    ("a???b", "a☺b", False),
    ("a[^a][^a][^a]b", "a☺b", False),
    ("[a-ζ]*", "α", True),
    ("*[a-ζ]", "A", False),
    ("a?b", "a/b", False),
    ("a*b", "a/b", False),
    ("[\\]a]", "]", True),
    ("[\\-]", "-", True),
    ("[x\\-]", "x", True),
    ("[x\\-]", "-", True),
    ("[x\\-]", "z", False),
    ("[\\-x]", "a", False),
    ("[[]x", "[x", True),
    ("*x", "xxx", True),
    ("**", "abc", True),
    ("**", "a/b", False),
    ("a?", "a\udcff", True),
    ("", "", True),
    ("", "a", False),
]


@pytest.mark.parametrize(("pattern", "name", "expected"), MATCHES)
def test_matches_as_go_does(pattern: str, name: str, expected: bool) -> None:
    assert compile_wildcard(pattern).matches(name) is expected


@pytest.mark.parametrize(
    "pattern", ["[]a]", "[-]", "[x-]", "[-x]", "[", "[^", "[^bc", "a[", "[a-b-c]", "\\", "[\\"]
)
def test_refuses_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(BadPatternError):
        compile_wildcard(pattern)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", False), ("a*", True), ("a\\*", False), ("?", True), ("[", True), ("\\\\*", True)],
)
def test_tells_patterns_from_names(text: str, expected: bool) -> None:
    assert has_wildcard(text) is expected


def test_many_stars_cost_no_more_than_pattern_times_name() -> None:
    wildcard = compile_wildcard("*a" * 60 + "b")
    started = time.perf_counter()
    assert not wildcard.matches("a" * 255)
    assert time.perf_counter() - started < 1

"""Word expansion: every form, every error."""

from __future__ import annotations

import pytest

from rootbuild.dockerfile.expand import (
    ExpandError,
    expand,
    expand_raw,
    expand_words,
    trace,
    trace_raw,
)

ENV = {
    "HOME": "/root",
    "EMPTY": "",
    "NAME": "archive.tar.gz",
    "PATH": "/bin:/usr/bin:/opt/bin",
    "SPACED": "two words",
    "STARS": "a*b*c",
    "SLASHES": "/a/b/a",
    "STAR_SLASH": "\\*/",
    "QUERY": "???y",
    "BACK": "C:\\dir\\x",
    "LINES": "one\ntwo\none",
    "größe": "viel",
    "1": "never seen",
    "_x1": "under",
}

PLAIN = [
    ("", ""),
    ("word", "word"),
    ("two words", "two words"),
    ("  kept  ", "  kept  "),
    ("$HOME", "/root"),
    ("${HOME}", "/root"),
    ("a$HOME/b", "a/root/b"),
    ("$HOME$HOME", "/root/root"),
    ("$HOMEx", ""),
    ("${HOME}x", "/rootx"),
    ("$größe", "viel"),
    ("$_x1.", "under."),
    ("$UNSET", ""),
    ("[$UNSET]", "[]"),
    ("$EMPTY", ""),
    ("$", "$"),
    ("a$", "a$"),
    ("$.", "$."),
    ("$ x", "$ x"),
    ("$/", "$/"),
    ("$1", "never seen"),
    ("$1a", "never seena"),
    ("$12", ""),
    ("${12}", ""),
    ("$@x$*y$#z$?", "xyz"),
    ("$$", ""),
    ("$-$!", ""),
    ("${@}${#}${?}", ""),
    ("${HOME}}", "/root}"),
    ("{HOME}", "{HOME}"),
]

QUOTES = [
    ("'a b'", "a b"),
    ("'$HOME'", "$HOME"),
    ("'a\\b'", "a\\b"),
    ("'\"'", '"'),
    ('"$HOME"', "/root"),
    ('"${HOME}"', "/root"),
    ("\"'$HOME'\"", "'/root'"),
    ('"a\\"b"', 'a"b'),
    ('"\\$HOME"', "$HOME"),
    ('"\\\\"', "\\"),
    ('"\\n\\a"', "\\n\\a"),
    ("a'b'c\"d\"e", "abcde"),
    ("''", ""),
    ('""', ""),
    ("\\$HOME", "$HOME"),
    ("\\${HOME}", "${HOME}"),
    ("\\'a\\'", "'a'"),
    ('\\"a', '"a'),
    ("a\\bc", "abc"),
    ("a\\\\b", "a\\b"),
    ("a\\ b", "a b"),
    ("end\\", "end"),
    ("$HOME\\", "/root"),
    ("it\\'s", "it's"),
]

MODIFIERS = [
    ("${UNSET-w}", "w"),
    ("${EMPTY-w}", ""),
    ("${HOME-w}", "/root"),
    ("${UNSET:-w}", "w"),
    ("${EMPTY:-w}", "w"),
    ("${HOME:-w}", "/root"),
    ("${UNSET:-}", ""),
    ("${UNSET+w}", ""),
    ("${EMPTY+w}", "w"),
    ("${HOME+w}", "w"),
    ("${UNSET:+w}", ""),
    ("${EMPTY:+w}", ""),
    ("${HOME:+w}", "w"),
    ("${HOME?m}", "/root"),
    ("${EMPTY?m}", ""),
    ("${HOME:?m}", "/root"),
    ("${UNSET:-$HOME}", "/root"),
    ("${UNSET:-${HOME}}", "/root"),
    ("${UNSET:-${OTHER:-deep}}", "deep"),
    ("${UNSET:-a b}", "a b"),
    ("${UNSET:-'a}b'}", "a}b"),
    ('${UNSET:-"$HOME"}', "/root"),
    ("${UNSET:-\\}}", "}"),
    ("${UNSET:-\\$HOME}", "$HOME"),
    ("${HOME:+-${HOME}}", "-/root"),
    ('"${UNSET:-a b}"', "a b"),
    ("${UNSET:--}", "-"),
    ("${UNSET-:x}", ":x"),
    ("${-:-none}", "none"),
]

PATTERNS = [
    ("${NAME#*.}", "tar.gz"),
    ("${NAME##*.}", "gz"),
    ("${NAME%.*}", "archive.tar"),
    ("${NAME%%.*}", "archive"),
    ("${NAME#arch}", "ive.tar.gz"),
    ("${NAME%gz}", "archive.tar."),
    ("${NAME#x}", "archive.tar.gz"),
    ("${NAME%x}", "archive.tar.gz"),
    ("${NAME#}", "archive.tar.gz"),
    ("${NAME##}", "archive.tar.gz"),
    ("${NAME%}", "archive.tar.gz"),
    ("${NAME#*}", "archive.tar.gz"),
    ("${NAME##*}", ""),
    ("${NAME%%*}", ""),
    ("${NAME#?}", "rchive.tar.gz"),
    ("${NAME%???}", "archive.tar"),
    ("${NAME#a?c*e}", ".tar.gz"),
    ("${NAME%%t*g?}", "archive."),
    ("${NAME#$UNSET}", "archive.tar.gz"),
    ("${NAME#$EMPTY}", "archive.tar.gz"),
    ("${NAME#${UNSET:-arch}}", "ive.tar.gz"),
    ("${UNSET#x}", ""),
    ("${PATH##*:}", "/opt/bin"),
    ("${PATH%:*}", "/bin:/usr/bin"),
    ("${STARS#a\\*}", "b*c"),
    ("${STARS%%\\**}", "a"),
    ("${STARS%\\**}", "a*b"),
    ("${QUERY#?\\?}", "?y"),
    ("${QUERY##*\\?}", "y"),
    ("${BACK##*\\\\}", "x"),
    ("${BACK%\\\\*}", "C:\\dir"),
    ("${LINES#*t}", "one\ntwo\none"),
    ("${LINES##one*}", "\ntwo\none"),
    ("${LINES%%o*}", "one\ntwo\n"),
    ("${SLASHES#\\/a}", "/b/a"),
    ("${NAME/a/A}", "Archive.tar.gz"),
    ("${NAME//a/A}", "Archive.tAr.gz"),
    ("${NAME//a/}", "rchive.tr.gz"),
    ("${NAME/x/y}", "archive.tar.gz"),
    ("${NAME/.*/}", "archive"),
    ("${NAME//.?/_}", "archive_ar_z"),
    ("${NAME/a*a/-}", "-r.gz"),
    ("${NAME/${UNSET:-tar}/zip}", "archive.zip.gz"),
    ("${NAME/tar/$HOME}", "archive./root.gz"),
    ("${NAME//[a]/x}", "archive.tar.gz"),
    ("${NAME/./\\$1}", "archive\\$1tar.gz"),
    ("${SLASHES//\\//-}", "-a-b-a"),
    ("${SLASHES/\\/a/}", "/b/a"),
    ("${SLASHES//a/\\/}", "/\\//b/\\/"),
    ("${STARS//\\*/+}", "a+b+c"),
    ("${NAME/$EMPTY/x}", "xarchive.tar.gz"),
    ("${HOME//$EMPTY/-}", "-/-r-o-o-t-"),
    ("${HOME//*/x}", "x"),
    ("${LINES//*/x}", "x\nx\nx"),
    ("${LINES//o*e/x}", "x\ntwo\nx"),
    ("${EMPTY/x/y}", ""),
    ("${EMPTY//*/y}", "y"),
    ("${UNSET///}", ""),
    ("${NAME///}", "archive.tar.gz"),
]


@pytest.mark.parametrize(("word", "expected"), PLAIN + QUOTES + MODIFIERS + PATTERNS)
def test_expands(word: str, expected: str) -> None:
    assert expand(word, ENV) == expected


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("${}", "syntax error: bad substitution"),
        ("${:-x}", "syntax error: bad substitution"),
        ("${{HOME}", "syntax error: bad substitution"),
        ("${", "syntax error: missing '}'"),
        ("${HOME", "syntax error: missing '}'"),
        ("${HOME:", "syntax error: missing '}'"),
        ("${HOME:-", "syntax error: missing '}'"),
        ("${HOME:-x", "syntax error: missing '}'"),
        ("${HOME:-${X}", "syntax error: missing '}'"),
        ("${HOME:-'x}", "syntax error: missing '}'"),
        ("${HOME#x", "syntax error: missing '}'"),
        ("${HOME/a/b", "syntax error: missing '}'"),
        ("${HOME/a}", "syntax error: missing '/' in ${}"),
        ("${HOME//}", "syntax error: missing '/' in ${}"),
        ("${HOME/", "syntax error: missing '/' in ${}"),
        ("${HOME=x}", "unsupported modifier (=) in substitution"),
        ("${HOME:=x}", "unsupported modifier (:=) in substitution"),
        ("${HOME:#x}", "unsupported modifier (:#) in substitution"),
        ("${HOME:%x}", "unsupported modifier (:%) in substitution"),
        ("${HOME^}", "unsupported modifier (^) in substitution"),
        ("${HOME@Q}", "unsupported modifier (@) in substitution"),
        ("${ HOME}", "unsupported modifier ( ) in substitution"),
        ("${HOME:0:1}", "unsupported modifier (:0) in substitution"),
        ("${UNSET?}", "UNSET: is not allowed to be unset"),
        ("${UNSET:?}", "UNSET: is not allowed to be unset"),
        ("${EMPTY:?}", "EMPTY: is not allowed to be empty"),
        ("${EMPTY:?give a value}", "EMPTY: give a value"),
        ("${UNSET?not in $HOME}", "UNSET: not in /root"),
        ("'x", "unexpected end of statement while looking for matching single-quote"),
        ('"x', "unexpected end of statement while looking for matching double-quote"),
        ('"x\\', "unexpected end of statement while looking for matching double-quote"),
        ('"x\\"', "unexpected end of statement while looking for matching double-quote"),
        ("${HOME#\\x}", "invalid pattern (\\x) in substitution: invalid escape '\\x'"),
        ("${HOME%a\\b}", "invalid pattern (a\\b) in substitution: invalid escape '\\b'"),
        ("${HOME/$TRAIL/}", "invalid pattern (a\\) in substitution: invalid escape '\\'"),
    ],
)
def test_says_why_not(word: str, reason: str) -> None:
    with pytest.raises(ExpandError) as caught:
        expand(word, {**ENV, "TRAIL": "a\\"})
    assert caught.value.reason == reason
    assert caught.value.word == word


def test_errors_name_the_word() -> None:
    with pytest.raises(ExpandError) as caught:
        expand('a"${X:?b}', {})
    assert str(caught.value) == 'failed to process "a\\"${X:?b}": X: b'


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("`$HOME", "$HOME"),
        ("C:\\dir\\$HOME", "C:\\dir\\/root"),
        ('"`"`$``"', '"$`'),
        ('"\\"', "\\"),
        ("a`b", "ab"),
        ("end`", "end"),
        ("'`'", "`"),
        ("${UNSET:-`}}", "}"),
    ],
)
def test_another_escape_character(word: str, expected: str) -> None:
    assert expand(word, ENV, escape="`") == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("80", ("80",)),
        ("", ()),
        ("  ", ()),
        ("a b", ("a", "b")),
        ("$SPACED", ("two", "words")),
        ('"$SPACED"', ("two words",)),
        ("x$SPACED", ("xtwo", "words")),
        ('x"$SPACED"y z', ("xtwo wordsy", "z")),
        ("'a b' c", ("a b", "c")),
        ("a\\ b c", ("a b", "c")),
        ("$UNSET", ()),
        ('""', ()),
        ('"" a', ("a",)),
        ("$EMPTY x", ("x",)),
        ("${UNSET:-1 2}", ("1", "2")),
        ("a\u00a0b\u3000c", ("a", "b", "c")),
    ],
)
def test_words(word: str, expected: tuple[str, ...]) -> None:
    assert expand_words(word, ENV) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it's $HOME\n", "it's /root\n"),
        ("\"$HOME\" '$HOME'\n", "\"/root\" '/root'\n"),
        ("\\$HOME\n", "$HOME\n"),
        ("a\\\\b", "a\\b"),
        ("${UNSET:-'x'}", "'x'"),
        ("cost: 5$\n", "cost: 5$\n"),
        ("`$HOME`", "`/root`"),
        ("  indented\n\t$HOME\n", "  indented\n\t/root\n"),
    ],
)
def test_raw_bodies(text: str, expected: str) -> None:
    assert expand_raw(text, ENV) == expected


def test_raw_bodies_have_errors_too() -> None:
    with pytest.raises(ExpandError, match="bad substitution"):
        expand_raw("${}", {})


def test_tells_what_was_used() -> None:
    found = trace("$HOME ${NO:-$NAME} ${EMPTY:+x} ${GONE#y} ${HOME/$P/$R}", ENV)
    assert found.used == {"HOME", "NAME", "EMPTY"}
    assert found.unset == {"NO", "GONE", "P", "R"}


def test_words_that_are_not_taken_count_too() -> None:
    assert trace("${HOME:-$NO}", ENV).unset == {"NO"}


def test_quoted_names_are_not_used() -> None:
    found = trace("'$HOME' \\$NAME", ENV)
    assert not found.used
    assert not found.unset


def test_raw_tells_what_was_used() -> None:
    found = trace_raw("'$HOME' $NO", ENV)
    assert found.used == {"HOME"}
    assert found.unset == {"NO"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("$HOME $NO", "/root $NO"),
        ("${NO}", "${NO}"),
        ("${NO:-x}", "${NO:-x}"),
        ("${NO-$HOME}", "${NO-/root}"),
        ("${NO:=x}", "${NO:=x}"),
        ("${NO##x}", "${NO##x}"),
        ("${NO/a/b}", "${NO/a/b}"),
        ("$$", "$$"),
    ],
)
def test_unset_can_be_kept(word: str, expected: str) -> None:
    assert expand(word, ENV, keep_unset=True) == expected


def test_nesting_has_an_end() -> None:
    assert expand("${A:-" * 90 + "x" + "}" * 90, {}) == "x"
    with pytest.raises(ExpandError, match="nested more than 100 deep"):
        expand("${A:-" * 5000 + "x" + "}" * 5000, {})

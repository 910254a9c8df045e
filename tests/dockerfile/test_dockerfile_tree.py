"""Lines, words and flags: what a file's text is cut into."""

from __future__ import annotations

import pytest

from rootbuild.dockerfile.arguments import json_array, quote_aware_words
from rootbuild.dockerfile.flags import Known, read_flags, split_flags
from rootbuild.dockerfile.parse import parse
from rootbuild.dockerfile.space import SPACE, split_first, split_words, trim
from rootbuild.dockerfile.tree import Node, parse_tree
from rootbuild.errors import DockerfileError, Location


def node(text: str) -> Node:
    """The last node of a file."""
    return parse_tree(text.encode(), "Dockerfile").nodes[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN a\\\nb", "RUN ab"),
        ("RUN a \\\n  b", "RUN a   b"),
        ("RUN a\\  \t\nb", "RUN ab"),
        ("RUN a\\\\\nRUN b", "RUN b"),
        ("RUN a\\\\\\\nRUN b", "RUN b"),
        ("RUN a\\\n# no\n  # no\n\t#no\nb", "RUN ab"),
        ("RUN a # yes", "RUN a # yes"),
        ("RUN a\\\n\n \n\r\nb", "RUN ab"),
        ("RUN a\\\r\nb\r\n", "RUN ab"),
        ("RUN a \\", "RUN a"),
        ("RUN a \\\n", "RUN a"),
        ("RUN a \\\n# end", "RUN a"),
        ("\\\nRUN a", "RUN a"),
        ("# c \\\nRUN a", "RUN a"),
        ("   \t RUN a  \t ", "RUN a"),
        ("\u00a0RUN a\u2003", "RUN a"),
        ("RUN a\x00b", "RUN a\x00b"),
        ("RUN a\x0bb\x85c\u2028d", "RUN a\x0bb\x85c\u2028d"),
    ],
)
def test_joined_lines(text: str, expected: str) -> None:
    assert node(text).text == expected


def test_undecodable_bytes_are_replaced() -> None:
    assert parse_tree(b"RUN a\xff\xfeb", "f").nodes[0].argument == "a\ufffd\ufffdb"


def test_line_numbers() -> None:
    tree = parse_tree(b"\n# x\nFROM a\\\n\n# y\n b\n\nRUN <<E\n1\n2\nE\n\nCMD x", "f")
    assert [(item.start_line, item.end_line) for item in tree.nodes] == [(3, 6), (8, 11), (13, 13)]


def test_warns_of_blank_lines_in_continuations() -> None:
    tree = parse_tree(b"FROM a\nRUN a \\\n\n  b \\\n\n  c\nRUN d \\\n # no\n e\n", "f")
    (warning,) = tree.warnings
    assert warning.rule == "NoEmptyContinuation"
    assert warning.message == "Empty continuation line found in: RUN a   b   c"
    assert warning.location == Location("f", 6, 6)
    assert parse(b"FROM a\nRUN b\\\n\nc\n").warnings[0].rule == "NoEmptyContinuation"


@pytest.mark.parametrize(
    "line",
    [
        "RUN " + "x" * 65531,
        "RUN " + "\u00e9" * 32765 + "x",
        "# " + "x" * 65533,
        "RUN " + "x" * 65530 + "\r",
    ],
)
def test_longest_line(line: str) -> None:
    assert len(line.encode()) == 65535
    assert node(f"{line}\nCMD x\n").name == "CMD"


@pytest.mark.parametrize(
    "before", ["", "# comment ", "RUN a \\\n", "RUN <<E\n", "RUN \u00e9\u00e9", "FROM a\nRUN a\r"]
)
def test_too_long_a_line(before: str) -> None:
    text = f"{before}{'x' * 65536}\nE\nFROM a\n"
    with pytest.raises(DockerfileError) as caught:
        parse_tree(text.encode(), "f")
    assert str(caught.value) == "dockerfile line greater than max allowed size of 65535"
    place = caught.value.report.location
    assert place == Location("f", before.count("\n") + 1, before.count("\n") + 1)


def test_comments_above() -> None:
    tree = parse_tree(b"# one\n\n  #  two\nFROM a\n# gone\n#\n# three\nRUN x\nRUN y\n", "f")
    assert [item.comments for item in tree.nodes] == [("one", "two"), ("three",), ()]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("a", ("a",)),
        ("a b\tc", ("a", "b", "c")),
        ("a  'b c'  d", ("a", "'b c'", "d")),
        ('a="b c" d', ('a="b c"', "d")),
        ("a=b\\ c d", ("a=b\\ c", "d")),
        ('a="b \\" c" d', ('a="b \\" c"', "d")),
        ("a='b \\' c", ("a='b \\'", "c")),
        ("a='b c", ("a='b c",)),
        ('a="b c', ('a="b c',)),
        ('a="b \\', ('a="b ',)),
        ("a \\", ("a",)),
        ("a\\", ("a",)),
        ("\\", ()),
        ("'' \"\"", ("''", '""')),
        ("a''b", ("a''b",)),
        ("\u00e9=\u00fc b", ("\u00e9=\u00fc", "b")),
        ("a`b c", ("a`b", "c")),
    ],
)
def test_quote_aware_words(text: str, words: tuple[str, ...]) -> None:
    assert quote_aware_words(text, "\\") == words


@pytest.mark.parametrize(
    ("text", "words"),
    [("a` b c", ("a` b", "c")), ("a\\ b", ("a\\", "b")), ('"a`" b`', ('"a`" b',))],
)
def test_quote_aware_words_with_backticks(text: str, words: tuple[str, ...]) -> None:
    assert quote_aware_words(text, "`") == words


@pytest.mark.parametrize(
    ("text", "flags", "rest"),
    [
        ("", (), ""),
        ("a --b", (), "a --b"),
        ("--a", ("--a",), ""),
        ("--a b", ("--a",), "b"),
        ("  --a=b   --c  d --e", ("--a=b", "--c"), "d --e"),
        ("--a='b c' d", ("--a=b c",), "d"),
        ("--a=\"b 'c'\" d", ("--a=b 'c'",), "d"),
        ("'--a' b", (), "'--a' b"),
        ("--a\\ b c", ("--a b",), "c"),
        ("--a\\=b c", ("--a=b",), "c"),
        ('--a="b\\"c" d', ('--a=b"c',), "d"),
        ("--a='b c", ("--a=b c",), ""),
        ("--a\\", ("--a",), ""),
        ("-- --a b", (), " --a b"),
        ("--a -- --b c", ("--a",), " --b c"),
        ("--", (), ""),
        ("-a b", (), "-a b"),
        ("--=x y", ("--=x",), "y"),
        ("---a b", ("---a",), "b"),
    ],
)
def test_flags_are_split_off(text: str, flags: tuple[str, ...], rest: str) -> None:
    assert split_flags(text, "\\") == (flags, rest)


def test_flags_obey_the_escape_character() -> None:
    assert split_flags("--a=C:\\x` y b", "`") == (("--a=C:\\x y",), "b")


KNOWN = Known(strings=("from", "chown"), booleans=("link",), lists=("mount",))


def test_known_flags() -> None:
    flags = read_flags(("--from=a=b", "--link", "--mount=1", "--mount=", "--chown="), KNOWN)
    assert flags.string("from") == "a=b"
    assert flags.string("chown") == ""
    assert flags.boolean("link") is True
    assert flags.all("mount") == ("1", "")


def test_absent_flags() -> None:
    flags = read_flags((), KNOWN)
    assert flags.string("from") is None
    assert flags.boolean("link") is None
    assert flags.all("mount") == ()


@pytest.mark.parametrize(
    ("word", "value"),
    [("--link", True), ("--link=true", True), ("--link=TrUe", True), ("--link=FALSE", False)],
)
def test_booleans(word: str, value: bool) -> None:
    assert read_flags((word,), KNOWN).boolean("link") is value


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--form=a",), "unknown flag: --form (did you mean from?)"),
        (("--From=a",), "unknown flag: --From (did you mean from?)"),
        (("--nothing=a",), "unknown flag: --nothing"),
        (("--=x",), "unknown flag: --"),
        (("--from=a", "--from=b"), "duplicate flag specified: --from"),
        (("--link", "--link=false"), "duplicate flag specified: --link"),
        (("--from",), "missing a value on flag: --from"),
        (("--mount",), "missing a value on flag: --mount"),
        (("--link=",), "missing a value on flag: --link"),
        (("--link=1",), "expecting boolean value for flag --link, not: 1"),
    ],
)
def test_refused_flags(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        read_flags(words, KNOWN)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[]", ()),
        ('["a"]', ("a",)),
        ('[ "a" ,"b" ]', ("a", "b")),
        ('["\\"\\\\\\/\\t"]', ('"\\/\t',)),
        ('["\\ud800x"]', ("\ufffdx",)),
        ('["a"', None),
        ('["a"] b', None),
        ("['a']", None),
        ('["a",]', None),
        ("[NaN]", None),
        ("[a]", None),
        ("[ -f x ] && y", None),
        ("[" * 100_000, None),
        ('{"a": 1}', None),
        ("", None),
        ('["\n"]', None),
    ],
)
def test_json(text: str, items: tuple[str, ...] | None) -> None:
    assert json_array(text) == items


@pytest.mark.parametrize("text", ["[1]", '["a", null]', '["a", ["b"]]', "[{}]", "[true]"])
def test_json_of_other_things(text: str) -> None:
    with pytest.raises(DockerfileError, match="arrays must be comprised of strings only"):
        json_array(text)


def test_white_space() -> None:
    assert all(char.isspace() for char in SPACE)
    assert trim("\u3000\x85 a b \t\u2029") == "a b"
    assert trim("\x1ca\x1f") == "\x1ca\x1f"
    assert split_words("a\t b\u00a0c") == ("a", "b\u00a0c")
    assert split_words("") == ()
    assert split_first("a \t b c") == ("a", "b c")
    assert split_first("a") == ("a", None)

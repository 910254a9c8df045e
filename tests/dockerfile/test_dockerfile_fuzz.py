"""Whatever the input is, the answer is a result or an error for users."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rootbuild.dockerfile.arguments import keywords, quote_aware_words
from rootbuild.dockerfile.directives import find_directive, find_syntax
from rootbuild.dockerfile.durations import parse_duration
from rootbuild.dockerfile.expand import ExpandError, expand_raw, trace
from rootbuild.dockerfile.flags import split_flags
from rootbuild.dockerfile.ignore import Matcher, parse_ignore
from rootbuild.dockerfile.parse import parse, parse_trigger
from rootbuild.dockerfile.ports import parse_ports
from rootbuild.dockerfile.tree import parse_tree
from rootbuild.errors import ContextError, DockerfileError, Location

PIECES = st.sampled_from(
    [
        *keywords(),
        *(" ", " ", "\t", "\n", "\n", "\\\n", "\r\n", "`\n", "\\", "`", "'", '"', "#", "# "),
        *("--", "--from=", "--link", "--mount=", "=", "[", "]", '["a"]', '["a", "b"]', ",", "\\\\"),
        *("<<E", "<<-E", "<<'E'", "<<", "E", "\nE\n", "3<<E", "$", "${", "}", ":-", "$A", "${A}"),
        *("a", "b c", "AS", "escape=`\n", "syntax=x\n", "CMD", "NONE", "\x00", "\u00e9", "\u2028"),
    ]
)
TEXT = st.lists(PIECES, max_size=40).map("".join)
WORD = st.lists(
    st.sampled_from(
        [
            "$",
            "{",
            "}",
            "A",
            "B",
            ":",
            "-",
            "+",
            "?",
            "#",
            "%",
            "/",
            "*",
            "\\",
            "'",
            '"',
            "`",
            " ",
            "x",
        ]
    ),
    max_size=30,
).map("".join)
AT = Location("Dockerfile", 1, 1)


@settings(max_examples=600)
@given(TEXT)
@example("FROM a\n\\")
@example("FROM a\nRUN " + "[" * 5000)
@example("FROM a\nHEALTHCHECK --retries=" + "9" * 5000 + " CMD x")
@example("ONBUILD " * 3000 + "RUN x")
def test_parser(text: str) -> None:
    data = f"FROM a\n{text}".encode()
    try:
        dockerfile = parse(data)
    except DockerfileError as error:
        report = error.report
    else:
        last = 0
        for instruction in dockerfile.instructions:
            assert last < instruction.location.start <= instruction.location.end
            last = instruction.location.end
        assert last <= data.count(b"\n") + 1
        return
    assert report.location is not None
    assert report.excerpt is not None
    assert 1 <= report.location.start <= report.location.end


@given(st.binary(max_size=200))
def test_parser_on_bytes(data: bytes) -> None:
    try:
        tree = parse_tree(data, "Dockerfile")
    except DockerfileError:
        return
    assert tree.nodes
    find_syntax(data)
    find_directive("check", data)


@settings(max_examples=300)
@given(TEXT, st.sampled_from("\\`"))
def test_triggers(text: str, escape: str) -> None:
    try:
        instruction = parse_trigger(text, AT, escape)
    except DockerfileError as error:
        found = error.report.location
    else:
        found = instruction.location
    assert found == AT


@settings(max_examples=600)
@given(WORD, st.dictionaries(st.sampled_from("AB"), WORD), st.sampled_from("\\`"))
@example("${A:-" * 2000, {}, "\\")
@example('"' * 2001, {}, "\\")
@example("${A##*x*x*x*x*x*x*x*y}", {"A": "x" * 500}, "\\")
@example("${A//*x*x*x*x*x*x*x*y/}", {"A": "x" * 500}, "\\")
def test_expander(word: str, env: dict[str, str], escape: str) -> None:
    try:
        found = trace(word, env, escape=escape)
    except ExpandError as error:
        reason = error.reason
    else:
        reason = "none"
        assert found.used <= set(env)
        assert not found.unset & set(env)
        assert all(found.words)
    assert reason
    try:
        expand_raw(word, env)
        trace(word, env, escape=escape, keep_unset=True)
    except ExpandError:
        return


@given(st.text(alphabet="ab '\"\\`=-\t", max_size=40), st.sampled_from("\\`"))
def test_words_lose_nothing_but_white_space(text: str, escape: str) -> None:
    words = quote_aware_words(text, escape)
    assert all(words)
    kept = "".join(words).replace(" ", "").replace("\t", "")
    bare = text.replace(" ", "").replace("\t", "")
    assert kept in (bare, bare.removesuffix(escape))
    flags, rest = split_flags(text, escape)
    assert text.endswith(rest)
    assert all(flag.startswith("--") for flag in flags)


@settings(max_examples=300)
@given(
    st.lists(st.text(alphabet="ab*?[]^-!\\/.# ", max_size=12), max_size=6),
    st.lists(st.text(alphabet="ab/.*[\\", max_size=12), max_size=6),
)
@example(["*a" * 30 + "b"], ["a" * 200])
@example(["**/a" * 30 + "b"], ["a/" * 200])
@example(["***" * 500 + "x"], ["a/" * 100])
def test_ignore_matcher(lines: list[str], paths: list[str]) -> None:
    try:
        matcher = Matcher(parse_ignore("\n".join(lines).encode()))
    except ContextError:
        return
    for path in paths:
        if not matcher.ignored(path):
            continue
        assert matcher.ignored(f"{path}/a") or matcher.may_hold_included(path)


@given(st.text(alphabet="0123456789-/:.tcpu[]", max_size=20))
def test_ports(word: str) -> None:
    try:
        ports = parse_ports((word,))
    except DockerfileError:
        return
    assert all(port.endswith(("/tcp", "/udp")) for port in ports)


@given(st.text(alphabet="0123456789.-+hmsun\u00b5", max_size=20))
def test_durations(text: str) -> None:
    try:
        assert abs(parse_duration(text)) < 2**63
    except DockerfileError as error:
        message = str(error)
    else:
        message = "time: fine"
    assert message.startswith("time: ")

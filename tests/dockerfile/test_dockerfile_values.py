"""Ports, signals, durations, suggestions, quoting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootbuild.dockerfile.durations import go_duration, parse_duration
from rootbuild.dockerfile.ports import parse_ports
from rootbuild.dockerfile.quote import quoted
from rootbuild.dockerfile.signals import check_signal
from rootbuild.dockerfile.suggest import did_you_mean, edit_distance, nearest
from rootbuild.errors import DockerfileError


@pytest.mark.parametrize(
    ("words", "ports"),
    [
        (("80",), ("80/tcp",)),
        (("80/tcp", "53/UDP", "9/Sctp"), ("80/tcp", "53/udp", "9/sctp")),
        (("80/",), ("80/tcp",)),
        (("8000-8002",), ("8000/tcp", "8001/tcp", "8002/tcp")),
        (("8000-8001/udp",), ("8000/udp", "8001/udp")),
        (("80-80",), ("80/tcp",)),
        (("0", "65535"), ("0/tcp", "65535/tcp")),
        (("0080",), ("80/tcp",)),
        (("8080:80",), ("80/tcp",)),
        ((":80",), ("80/tcp",)),
        (("127.0.0.1:8080:80/udp",), ("80/udp",)),
        (("127.0.0.1::80",), ("80/tcp",)),
        (("[::1]:8080:80",), ("80/tcp",)),
        (("::1:8080:80",), ("80/tcp",)),
        (("8000-8001:80-81",), ("80/tcp", "81/tcp")),
        (("8000-8010:80",), ("80/tcp",)),
        ((), ()),
    ],
)
def test_ports(words: tuple[str, ...], ports: tuple[str, ...]) -> None:
    assert parse_ports(words) == ports


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("65536", "invalid containerPort: 65536"),
        ("http", "invalid containerPort: http"),
        ("-80", "invalid containerPort: -80"),
        ("+80", "invalid containerPort: +80"),
        ("8_0", "invalid containerPort: 8_0"),
        ("\u0664", "invalid containerPort: \u0664"),
        ("80-", "invalid containerPort: 80-"),
        ("81-80", "invalid containerPort: 81-80"),
        ("1-2-3", "invalid containerPort: 1-2-3"),
        ("9" * 5000, "invalid containerPort: " + "9" * 5000),
        ("80/http", "invalid proto: http"),
        ("80/TCP/UDP", "invalid proto: tcp/udp"),
        ("", "no port specified: <empty>"),
        ("/tcp", "no port specified: /tcp<empty>"),
        ("80:", "no port specified: <empty>"),
        ("x:80", "invalid hostPort: x"),
        ("nohost:8080:80", "invalid IP address: nohost"),
        ("1.2.3:8080:80", "invalid IP address: 1.2.3"),
        (
            "80-82:80-81",
            "invalid ranges specified for container and host Ports: 80-81 and 80-82",
        ),
    ],
)
def test_refused_ports(word: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse_ports((word,))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "signal",
    ["TERM", "SIGTERM", "sigterm", "kill", "9", "15", "64", "RTMIN", "SIGRTMIN+3", "rtmax-14"],
)
def test_signals(signal: str) -> None:
    check_signal(signal)


@pytest.mark.parametrize(
    "signal", ["", "0", "NOPE", "SIG", "SIGSIGTERM", "RTMIN+16", "RTMAX-15", "9.5", "TERM "]
)
def test_refused_signals(signal: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        check_signal(signal)
    assert str(caught.value) == f"invalid signal: {signal}"


SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("0s", 0),
        ("5s", 5 * SECOND),
        ("1m30s", 90 * SECOND),
        ("2h45m", 9900 * SECOND),
        ("1.5h", 5400 * SECOND),
        (".5s", SECOND // 2),
        ("1.s", SECOND),
        ("100ms", SECOND // 10),
        ("3us", 3000),
        ("3\u00b5s", 3000),
        ("3\u03bcs", 3000),
        ("7ns", 7),
        ("-5s", -5 * SECOND),
        ("+5s", 5 * SECOND),
        ("0.000000001s", 1),
        ("0.0000000001s", 0),
        ("00000000000000000000000001s", SECOND),
        ("9223372036854775807ns", 2**63 - 1),
    ],
)
def test_durations(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'time: invalid duration ""'),
        ("-", 'time: invalid duration "-"'),
        ("s", 'time: invalid duration "s"'),
        (".s", 'time: invalid duration ".s"'),
        ("--5s", 'time: invalid duration "--5s"'),
        ("5", 'time: missing unit in duration "5"'),
        ("1h5", 'time: missing unit in duration "1h5"'),
        ("5d", 'time: unknown unit "d" in duration "5d"'),
        ("5 s", 'time: unknown unit " s" in duration "5 s"'),
        ("9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'),
        ("9999999h", 'time: invalid duration "9999999h"'),
        ("9" * 5000 + "s", f'time: invalid duration "{"9" * 5000}s"'),
    ],
)
def test_refused_durations(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse_duration(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1100, "1.1\u00b5s"),
        (2_200_000, "2.2ms"),
        (3_300_000_000, "3.3s"),
        (30 * SECOND, "30s"),
        (90 * SECOND, "1m30s"),
        (120 * SECOND, "2m0s"),
        (3600 * SECOND, "1h0m0s"),
        (3600 * SECOND + 1, "1h0m0.000000001s"),
        (-5 * SECOND, "-5s"),
    ],
)
def test_shown_durations(nanoseconds: int, text: str) -> None:
    assert go_duration(nanoseconds) == text


@given(st.integers(min_value=-(2**63) + 1, max_value=2**63 - 1))
def test_shown_durations_are_read_back(nanoseconds: int) -> None:
    assert parse_duration(go_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [("", "", 0), ("", "abc", 3), ("from", "form", 2), ("kitten", "sitting", 3), ("a", "a", 0)],
)
def test_edit_distance(left: str, right: str, distance: int) -> None:
    assert edit_distance(left, right) == edit_distance(right, left) == distance


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("FORM", "FROM"),
        ("form", "from"),
        ("Form", "FROM"),
        ("CPY", "COPY"),
        ("workdri", "workdir"),
        ("nothing", ""),
        ("FROM", ""),
        ("", ""),
        ("x" * 100_000, ""),
    ],
)
def test_nearest(word: str, expected: str) -> None:
    known = ("FROM", "RUN", "COPY", "WORKDIR")
    assert nearest(word, known, ignore_case=True) == expected


def test_did_you_mean() -> None:
    assert did_you_mean("fron", ("from", "frog")) == " (did you mean from?)"
    assert did_you_mean("FROM", ("from",)) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '""'),
        ("a b", '"a b"'),
        ('a"b\\', '"a\\"b\\\\"'),
        ("\n\t\r\x07", '"\\n\\t\\r\\a"'),
        ("\x00\x7f", '"\\x00\\x7f"'),
        ("\u00e9\u65e5", '"\u00e9\u65e5"'),
        ("\u200b\U000e0001", '"\\u200b\\U000e0001"'),
    ],
)
def test_quoted(text: str, expected: str) -> None:
    assert quoted(text) == expected

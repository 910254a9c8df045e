"""pflag's forms: https://pkg.go.dev/github.com/spf13/pflag#hdr-Command_line_flag_syntax."""

from __future__ import annotations

import pytest

from rootbuild.cli.command import Command
from rootbuild.cli.flags import Flag, number, switch, value, values
from rootbuild.cli.parse import parse
from rootbuild.errors import UsageError

FLAGS = (
    switch("rm", "remove"),
    switch("detach", "detach", "d"),
    switch("interactive", "", "i"),
    switch("tty", "", "t"),
    value("name"),
    value("hostname", "", "h"),
    values("publish", "", "p"),
    values("env", "", "e"),
    values("network", aliases=("net",)),
    number("cpu-shares", "", "c"),
    Flag("pull", implied="always"),
)
RUN = Command(("run",), "Run", "IMAGE", "x:y", FLAGS, interspersed=False)
RM = Command(("rm",), "Remove", "[OPTIONS] NAME", "x:y", (switch("force", "", "f"),), 1, 1)


@pytest.mark.parametrize(
    ("argv", "given", "args"),
    [
        ("--rm false", [("rm", "true")], ["false"]),
        ("--rm=false x", [("rm", "false")], ["x"]),
        ("--rm=T x", [("rm", "T")], ["x"]),
        ("-dit x", [("detach", "true"), ("interactive", "true"), ("tty", "true")], ["x"]),
        ("-d=false x", [("detach", "false")], ["x"]),
        ("-itd=0 x", [("interactive", "true"), ("tty", "true"), ("detach", "0")], ["x"]),
        ("-p80:80 x", [("publish", "80:80")], ["x"]),
        ("-p 80:80 x", [("publish", "80:80")], ["x"]),
        ("-dp80:80 x", [("detach", "true"), ("publish", "80:80")], ["x"]),
        ("-dp 80:80 x", [("detach", "true"), ("publish", "80:80")], ["x"]),
        ("-e=x y", [("env", "x")], ["y"]),
        ("-ex=1 y", [("env", "x=1")], ["y"]),
        ("-e= y", [("env", "=")], ["y"]),
        ("-e -d y", [("env", "-d")], ["y"]),
        ("--env=a=b --env c y", [("env", "a=b"), ("env", "c")], ["y"]),
        ("--name= y", [("name", "")], ["y"]),
        ("--name --rm y", [("name", "--rm")], ["y"]),
        ("--net=a --network b y", [("network", "a"), ("network", "b")], ["y"]),
        ("--pull y", [("pull", "always")], ["y"]),
        ("--pull=never y", [("pull", "never")], ["y"]),
        ("-h box y", [("hostname", "box")], ["y"]),
        ("y -d --rm", [], ["y", "-d", "--rm"]),
        ("-- -d", [], ["-d"]),
        ("-d -- y -- z", [("detach", "true")], ["y", "--", "z"]),
        ("-", [], ["-"]),
        ("-c 0x10 y", [("cpu-shares", "0x10")], ["y"]),
    ],
)
def test_forms(argv: str, given: list[tuple[str, str]], args: list[str]) -> None:
    parsed = parse(RUN, argv.split(" "))
    assert [(one.flag.name, one.value) for one in parsed.given] == given
    assert list(parsed.args) == args


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("--foo x", "unknown flag: --foo"),
        ("--foo=1 x", "unknown flag: --foo"),
        ("-x y", "unknown shorthand flag: 'x' in -x"),
        ("-dx y", "unknown shorthand flag: 'x' in -dx"),
        ("--name", "flag needs an argument: --name"),
        ("-p", "flag needs an argument: 'p' in -p"),
        ("-dp", "flag needs an argument: 'p' in -dp"),
        ("--=x", "bad flag syntax: --=x"),
        ("---x", "bad flag syntax: ---x"),
        ("--rm=maybe x", 'invalid argument "maybe" for "--rm" flag: strconv.ParseBool'),
        ("-d=maybe x", 'invalid argument "maybe" for "-d, --detach" flag: strconv.ParseBool'),
        ("-c few x", 'invalid argument "few" for "-c, --cpu-shares" flag: strconv.ParseInt'),
    ],
)
def test_mistakes(argv: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(RUN, argv.split(" "))
    assert message in caught.value.report.message
    assert caught.value.exit_code == 125
    assert "See 'rootbuild run --help'." in caught.value.report.hint


def test_near_name_is_suggested() -> None:
    with pytest.raises(UsageError) as caught:
        parse(RUN, ["--detatch", "x"])
    assert "did you mean --detach?" in caught.value.report.hint


def test_options_after_arguments() -> None:
    parsed = parse(RM, ["box", "-f"])
    assert parsed.switch("force")
    assert parsed.args == ("box",)


@pytest.mark.parametrize("argv", [["--help"], ["box", "--help"], ["-h"], ["a", "b", "-fh"]])
def test_help_goes_before_the_number_of_arguments(argv: list[str]) -> None:
    assert parse(RM, argv).wants_help


@pytest.mark.parametrize(
    ("least", "most", "count", "message"),
    [
        (1, 1, 0, '"rootbuild rm" requires exactly 1 argument.'),
        (2, 2, 1, '"rootbuild rm" requires exactly 2 arguments.'),
        (1, None, 0, '"rootbuild rm" requires at least 1 argument.'),
        (0, 0, 1, '"rootbuild rm" accepts no arguments.'),
        (0, 1, 2, '"rootbuild rm" requires at most 1 argument.'),
        (1, 2, 3, '"rootbuild rm" requires at least 1 and at most 2 arguments.'),
    ],
)
def test_number_of_arguments(least: int, most: int | None, count: int, message: str) -> None:
    command = Command(("rm",), "Remove", "X", "x:y", (), least, most, "X is missing.")
    with pytest.raises(UsageError) as caught:
        parse(command, ["x"] * count)
    assert caught.value.report.message.startswith(message)
    assert ("X is missing." in caught.value.report.message) == (count < least)
    assert caught.value.exit_code == 1
    assert "Usage:  rootbuild rm X\n\nRemove" in caught.value.report.hint


def test_values() -> None:
    parsed = parse(
        RUN,
        [
            "--name",
            "a",
            "--name",
            "b",
            "-p",
            "1",
            "-p",
            "2",
            "--rm=false",
            "-c",
            "7",
            "img",
            "sh",
            "-c",
            "x",
        ],
    )
    assert parsed.text("name") == "b"
    assert parsed.text("hostname", "none") == "none"
    assert parsed.all("publish") == ("1", "2")
    assert parsed.has("rm")
    assert not parsed.switch("rm")
    assert parsed.switch("tty", default=True)
    assert parsed.number("cpu-shares", 0) == 7
    assert parsed.args == ("img", "sh", "-c", "x")
    with pytest.raises(KeyError, match="no option --nope"):
        parsed.text("nope")


def test_options_as_words_again() -> None:
    parsed = parse(RUN, ["-dit", "-p80:80", "--rm=false", "-e=", "--pull=never", "img"])
    assert parsed.tokens(leave_out=["tty"]) == (
        "--detach",
        "--interactive",
        "--publish=80:80",
        "--rm=false",
        "--env==",
        "--pull=never",
    )

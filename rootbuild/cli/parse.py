"""argv -> options and arguments, by pflag's rules (see `flags.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rootbuild.booleans import truth
from rootbuild.cli.command import HELP, Command
from rootbuild.cli.flags import READERS, Flag

if TYPE_CHECKING:  # a command line that is right does without
    from rootbuild.errors import UsageError


class _Wrong(Exception):  # noqa: N818 - becomes a UsageError
    """What is wrong with an option, and perhaps a hint."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class Given(NamedTuple):
    """One option as it was given; a switch's value is "true" or what stood after `=`."""

    flag: Flag
    value: str

    @property
    def token(self) -> str:
        """The option as one word of an argv."""
        alone = self.value == self.flag.alone
        return f"--{self.flag.name}" if alone else f"--{self.flag.name}={self.value}"


class Parsed(NamedTuple):
    """A command line that has been understood.

    `given` keeps the options in their order. `called` is the name that was used (`("build",)`),
    `program` the program's own.
    """

    command: Command
    given: tuple[Given, ...]
    args: tuple[str, ...]
    called: tuple[str, ...] = ()
    program: str = "rootbuild"
    debug: bool = False

    def has(self, name: str) -> bool:
        """Whether the option was given at all."""
        return any(given.flag.name == name for given in self.given)

    def text(self, name: str, default: str = "") -> str:
        """The option's value; the last one given counts."""
        found = self.all(name)
        return found[-1] if found else default

    def switch(self, name: str, default: bool = False) -> bool:
        """Whether a switch is on."""
        found = self.all(name)
        return truth(found[-1]) if found else default

    def number(self, name: str, default: int) -> int:
        """The value of an option that takes a number."""
        found = self.all(name)
        return int(found[-1], 0) if found else default

    def all(self, name: str) -> tuple[str, ...]:
        """All values of the option, in their order."""
        if self.command.flag(name) is None:
            raise KeyError(f"{' '.join(self.command.path)} has no option --{name}")
        return tuple(given.value for given in self.given if given.flag.name == name)

    def tokens(self, leave_out: Sequence[str] = ()) -> tuple[str, ...]:
        """The options as words of an argv, each in one word, without those left out."""
        return tuple(given.token for given in self.given if given.flag.name not in leave_out)

    @property
    def wants_help(self) -> bool:
        """Whether `--help` was asked for."""
        return self.has(HELP.name)

    @property
    def name(self) -> str:
        """The whole name that was used: `rootbuild image build`."""
        return " ".join((self.program, *(self.called or self.command.path)))

    @property
    def usage(self) -> str:
        """`Usage:  rootbuild image build [OPTIONS] PATH | URL | -`."""
        return f"Usage:  {self.name} {self.command.usage}".rstrip()


def parse(
    command: Command,
    argv: Sequence[str],
    *,
    called: tuple[str, ...] = (),
    program: str = "rootbuild",
    debug: bool = False,
) -> Parsed:
    """Take `argv` (what follows the command's name) apart.

    Raises UsageError: exit code 125 for wrong options, 1 for a wrong number of arguments. Asked for
    help, the number of arguments does not matter.
    """
    if command.raw:
        return Parsed(command, (), tuple(argv), called or command.path, program, debug)
    try:
        given, args = _split(command, argv)
        _check_values(given)
    except _Wrong as error:
        where = " ".join((program, *(called or command.path)))
        see = f"See '{where} --help'."
        raise _error(error.message, f"{error.hint}\n{see}" if error.hint else see, 125) from None
    parsed = Parsed(command, tuple(given), tuple(args), called or command.path, program, debug)
    if not parsed.wants_help:
        _check_count(parsed)
    return parsed


def _split(command: Command, argv: Sequence[str]) -> tuple[list[Given], list[str]]:
    given: list[Given] = []
    args: list[str] = []
    rest = list(argv)
    rest.reverse()
    while rest:
        word = rest.pop()
        if word == "--":
            return given, args + rest[::-1]
        if not word.startswith("-") or word == "-":
            args.append(word)
            if not command.interspersed:
                return given, args + rest[::-1]
        elif word.startswith("--"):
            given.append(_long(command, word, rest))
        else:
            given.extend(_cluster(command, word, rest))
    return given, args


def _long(command: Command, word: str, rest: list[str]) -> Given:
    """`--name`, `--name=value` or `--name value`; takes that value off `rest`."""
    name, equals, text = word[2:].partition("=")
    if not name or name.startswith("-"):
        raise _Wrong(f"bad flag syntax: {word}")
    flag = command.flag(name)
    if flag is None:
        raise _Wrong(f"unknown flag: --{name}", hint=_suggest(command, name))
    if equals:
        return Given(flag, text)
    if flag.alone is not None:
        return Given(flag, flag.alone)
    if not rest:
        raise _Wrong(f"flag needs an argument: --{name}")
    return Given(flag, rest.pop())


def _cluster(command: Command, word: str, rest: list[str]) -> list[Given]:
    """`-d`, `-dit`, `-p80:80`, `-e=x` or `-e x`; takes that value off `rest`."""
    found: list[Given] = []
    letters = word[1:]
    while letters:
        letter, tail = letters[0], letters[1:]
        flag = command.short_flag(letter)
        if flag is None:
            raise _Wrong(f"unknown shorthand flag: '{letter}' in {word}")
        if len(tail) > 1 and tail[0] == "=":
            text, letters = tail[1:], ""
        elif flag.alone is not None:
            text, letters = flag.alone, tail
        elif tail:
            text, letters = tail, ""
        elif rest:
            text, letters = rest.pop(), ""
        else:
            raise _Wrong(f"flag needs an argument: '{letter}' in {word}")
        found.append(Given(flag, text))
    return found


def _check_values(given: Sequence[Given]) -> None:
    for one in given:
        try:
            READERS[one.flag.kind](one.value)
        except ValueError as error:
            raise _Wrong(
                f'invalid argument "{one.value}" for "{one.flag.shown}" flag: {error}'
            ) from None


def _check_count(parsed: Parsed) -> None:
    command, count = parsed.command, len(parsed.args)
    least, most = command.minimum, command.maximum
    if count >= least and (most is None or count <= most):
        return
    message = f'"{parsed.name}" {_expected(least, most)}.'
    if count < least and command.missing:
        message += f"\n{command.missing}"
    raise _error(message, f"See '{parsed.name} --help'.\n\n{parsed.usage}\n\n{command.summary}", 1)


def _error(message: str, hint: str, exit_code: int) -> UsageError:
    from rootbuild.errors import UsageError

    return UsageError(message, hint=hint, exit_code=exit_code)


def _expected(least: int, most: int | None) -> str:
    """How many arguments, in Docker's words."""
    if most == 0:
        return "accepts no arguments"
    if most is None:
        return f"requires at least {_arguments(least)}"
    if least == most:
        return f"requires exactly {_arguments(least)}"
    if least == 0:
        return f"requires at most {_arguments(most)}"
    return f"requires at least {least} and at most {_arguments(most)}"


def _arguments(count: int) -> str:
    return f"{count} argument" if count == 1 else f"{count} arguments"


def _suggest(command: Command, name: str) -> str:
    from rootbuild.cli.suggest import near

    found = near(name, [flag.name for flag in command.all_flags() if not flag.hidden])
    return f"did you mean --{found}?" if found else ""

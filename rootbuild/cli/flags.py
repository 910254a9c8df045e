"""What an option of the command line is: one row of a table.

Docker's options follow pflag (https://github.com/spf13/pflag): a switch never takes the next word
(`--rm false` is a switch and an argument) but `--rm=false` works, short ones cluster (`-dit`), and
a short one's value may be glued on (`-p80:80`, `-e=x`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from rootbuild.booleans import truth

_NANO = 10**9
Kind = Literal["bool", "string", "list", "int", "decimal", "bytes"]


class Flag(NamedTuple):
    """An option: `name` without dashes, `short` one letter or nothing.

    `metavar` is what `--help` shows for the value; `implied` is the value when the option stands
    alone (a switch's is "true"); `aliases` are further long names, which `--help` leaves out.
    """

    name: str
    kind: Kind = "string"
    help: str = ""
    short: str = ""
    metavar: str = ""
    implied: str | None = None
    aliases: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def alone(self) -> str | None:
        """The value that the option has when none is given, or None if it needs one."""
        return "true" if self.kind == "bool" else self.implied

    @property
    def shown(self) -> str:
        """The option as error messages name it: `-d, --detach`."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"

    @property
    def placeholder(self) -> str:
        """What stands for the value in `--help`: nothing for a switch."""
        return self.metavar or ("" if self.kind == "bool" else self.kind)


def switch(name: str, help: str = "", short: str = "", *, hidden: bool = False) -> Flag:
    """An option that is on or off."""
    return Flag(name, "bool", help, short, hidden=hidden)


def value(name: str, help: str = "", short: str = "", metavar: str = "") -> Flag:
    """An option with one value; the last one given counts."""
    return Flag(name, "string", help, short, metavar)


def values(
    name: str, help: str = "", short: str = "", metavar: str = "", aliases: tuple[str, ...] = ()
) -> Flag:
    """An option that may be given many times."""
    return Flag(name, "list", help, short, metavar, aliases=aliases)


def number(name: str, help: str = "", short: str = "", metavar: str = "") -> Flag:
    """An option with a whole number."""
    return Flag(name, "int", help, short, metavar)


def integer(text: str) -> int:
    """Read a number as Go does (also `0x10`). Raises ValueError."""
    try:
        return int(text, 0)
    except ValueError:
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def decimal(name: str, help: str = "", short: str = "") -> Flag:
    """An option with a number that may have a fraction."""
    return Flag(name, "decimal", help, short)


def amount(name: str, help: str = "", short: str = "") -> Flag:
    """An option with an amount of memory (`128m`), or -1."""
    return Flag(name, "bytes", help, short)


def rational(text: str) -> object:
    """Read a number as Go's big.Rat does, to a billionth. Raises ValueError in Docker's words."""
    from fractions import Fraction

    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"failed to parse {text} as a rational number") from None
    if (found * _NANO).denominator != 1:
        raise ValueError("value is too precise")
    return found


def memory(text: str) -> int:
    """Read an amount of memory. Raises ValueError."""
    if text in ("", "-1"):
        return int(text or "0")
    from rootbuild.dockerfile.sizes import ram_in_bytes

    return ram_in_bytes(text)


def as_given(text: str) -> str:
    """Any text is fine."""
    return text


READERS: dict[Kind, Callable[[str], object]] = {
    "bool": truth,
    "int": integer,
    "decimal": rational,
    "bytes": memory,
    "string": as_given,
    "list": as_given,
}

"""What a command is: one row of a table, from which parsing and `--help` are made.

Named tuples, as dataclasses take a third as long to load as Python to start, on the way of every
command.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rootbuild.cli.flags import Flag, switch

HELP = switch("help", "Print usage")


class Command(NamedTuple):
    """A command such as `image build`.

    `path` is its full name, `aliases` its other names, both as words. `usage` is what follows the
    name in the usage line. It takes `minimum` to `maximum` arguments (None: any number); `missing`
    is said in addition when there are too few. With `interspersed` options may follow arguments.
    `load` is `module:function`: the function takes a `Parsed` and gives the exit code; it is
    imported when the command runs. `engine` is the name of the engine's own command, for those that
    are passed on; one that is `raw` gets all words as arguments, whatever they look like.
    """

    path: tuple[str, ...]
    summary: str
    usage: str
    load: str
    flags: tuple[Flag, ...] = ()
    minimum: int = 0
    maximum: int | None = None
    missing: str = ""
    interspersed: bool = True
    aliases: tuple[tuple[str, ...], ...] = ()
    long: str = ""
    common: bool = False
    hidden: bool = False
    engine: tuple[str, ...] = ()
    raw: bool = False

    @property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """All names, the full one first."""
        return (self.path, *self.aliases)

    def flag(self, name: str) -> Flag | None:
        """The option of that long name (or further name)."""
        return next((f for f in self.all_flags() if name == f.name or name in f.aliases), None)

    def short_flag(self, letter: str) -> Flag | None:
        """The option of that letter; `-h` is help wherever it is nothing else."""
        found = next((flag for flag in self.flags if flag.short == letter), None)
        return HELP if found is None and letter == "h" else found

    def all_flags(self) -> Iterator[Flag]:
        """All options, with `--help`."""
        yield from self.flags
        yield HELP


class Group(NamedTuple):
    """A word that has commands below it, such as `image`."""

    path: tuple[str, ...]
    summary: str
    aliases: tuple[tuple[str, ...], ...] = ()
    hidden: bool = False

    @property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """All names, the full one first."""
        return (self.path, *self.aliases)

"""Write the manual page of the program, from the tables of commands.

usage: manual.py FILE
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rootbuild.cli import registry
from rootbuild.cli.command import Command
from rootbuild.cli.flags import Flag
from rootbuild.cli.help import ABOUT, GLOBAL_FLAGS

HEAD = f"""\
.\\" Written by scripts/docs/manual.py from the tables of commands.
.TH ROOTBUILD 1
.SH NAME
rootbuild \\- {ABOUT[0].lower()}{ABOUT[1:]}
.SH SYNOPSIS
.B rootbuild
[OPTIONS] COMMAND
"""


def page() -> str:
    """The whole page."""
    lines = [HEAD, ".SH OPTIONS\n", *options(GLOBAL_FLAGS), ".SH COMMANDS\n"]
    shown = [command for command in registry.commands() if not command.hidden]
    for command in sorted(shown, key=lambda command: command.path):
        lines += section(command)
    return "".join(lines)


def section(command: Command) -> Iterator[str]:
    """One command: its names, what it does, its options."""
    yield f".SS {escaped(' '.join(command.path))} {escaped(command.usage)}".rstrip() + "\n"
    yield f"{escaped(command.long or command.summary)}.\n"
    if command.aliases:
        names = ", ".join(" ".join(name) for name in command.aliases)
        yield f".br\nAlso: {escaped(names)}\n"
    yield from options(command.flags)


def options(flags: Iterable[Flag]) -> Iterator[str]:
    """Options as tagged paragraphs, sorted by name."""
    for flag in sorted((f for f in flags if not f.hidden), key=lambda f: f.name.lower()):
        short = f"-{flag.short}, " if flag.short else ""
        label = escaped(f"{short}--{flag.name}")
        value = f" \\fI{escaped(flag.placeholder)}\\fR" if flag.placeholder else ""
        yield f".TP\n\\fB{label}\\fR{value}\n{escaped(flag.help)}\n"


def escaped(text: str) -> str:
    """Text that roff prints as it is."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), "utf-8")

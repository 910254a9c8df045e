"""`--help` in Docker's layout, made from the tables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from textwrap import wrap

from rootbuild.cli.command import HELP, Command, Group
from rootbuild.cli.flags import Flag, switch, value
from rootbuild.cli.parse import Parsed

GLOBAL_FLAGS = (
    value("config", "Location of client config files"),
    value("context", "Accepted for docker's sake (default)", "c"),
    value("log-level", 'Set the logging level ("debug" is --debug)', "l"),
    switch("debug", "Say more: commands as they are run, tracebacks", "D"),
    switch("version", "Print version information and quit", "v"),
    HELP,
)
ABOUT = "Build and run containers without a daemon and without root"


def command_help(parsed: Parsed) -> str:
    """What `rootbuild image build --help` prints."""
    command, program = parsed.command, parsed.program
    blocks = [parsed.usage, command.long or command.summary]
    if command.aliases:
        names = ", ".join(" ".join((program, *name)) for name in command.names)
        blocks.append(f"Aliases:\n  {names}")
    if any(not flag.hidden for flag in command.flags):
        blocks.append(f"Options:\n{flag_rows(command.flags)}")
    return "\n\n".join(blocks) + "\n"


def group_help(group: Group, below: Iterable[Command | Group], program: str) -> str:
    """What `rootbuild image` prints."""
    name = " ".join((program, *group.path))
    rows = sorted((c.path[-1], c.summary) for c in below if not c.hidden)
    return (
        f"Usage:  {name} COMMAND\n\n{group.summary}\n\nCommands:\n{_columns(rows)}\n\n"
        f"Run '{name} COMMAND --help' for more information on a command.\n"
    )


def top_help(groups: Iterable[Group], commands: Iterable[Command], program: str) -> str:
    """What `rootbuild --help` prints."""
    shown = [command for command in commands if not command.hidden]
    common: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    for command in shown:
        for name in command.names:
            if len(name) == 1:
                (common if command.common else others).append((name[0], command.summary))
    management = sorted((g.path[0], g.summary) for g in groups if not g.hidden)
    width = max(len(name) for name, _ in [*common, *others, *management])
    return "\n\n".join(
        [
            f"Usage:  {program} [OPTIONS] COMMAND",
            ABOUT,
            f"Common Commands:\n{_columns(common, width)}",
            f"Management Commands:\n{_columns(management, width)}",
            *([f"Commands:\n{_columns(sorted(others), width)}"] if others else []),
            f"Global Options:\n{flag_rows(GLOBAL_FLAGS)}",
            f"Run '{program} COMMAND --help' for more information on a command.\n",
        ]
    )


def flag_rows(flags: Iterable[Flag]) -> str:
    """The options in columns, sorted by name."""
    shown = sorted((f for f in flags if not f.hidden), key=lambda flag: flag.name.lower())
    return _columns([(_label(flag), flag.help) for flag in shown])


def _label(flag: Flag) -> str:
    short = f"-{flag.short}, " if flag.short else "    "
    return f"{short}--{flag.name} {flag.placeholder}".rstrip()


def _columns(rows: Sequence[tuple[str, str]], width: int = 0) -> str:
    """Two columns, the second one wrapped to the terminal's width."""
    width = width or max((len(left) for left, _ in rows), default=0)
    room = max(_terminal_width() - width - 6, 30)
    lines = []
    for left, right in rows:
        first, *more = wrap(right, room) or [""]
        lines.append(f"  {left:<{width}}   {first}".rstrip())
        lines += [" " * (width + 5) + line for line in more]
    return "\n".join(lines)


def _terminal_width() -> int:
    """The terminal's width, or COLUMNS; 100 where there is neither."""
    try:
        return int(os.environ.get("COLUMNS", "")) or 100
    except ValueError:
        pass
    try:
        return os.get_terminal_size(1).columns or 100
    except OSError:
        return 100

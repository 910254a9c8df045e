"""Commands that the engine answers as Docker does: they are passed on, on our own streams."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild import process
from rootbuild.cli.parse import Parsed
from rootbuild.runtimes import choose_runtime

ENGINE_FAILED = 125


def words(parsed: Parsed, leave_out: Sequence[str] = ()) -> tuple[str, ...]:
    """The command's name for the engine, with its options."""
    return (*(parsed.command.engine or parsed.command.path), *parsed.tokens(leave_out))


def separated(args: Sequence[str]) -> tuple[str, ...]:
    """Arguments as they have to be written so that none is taken for an option."""
    return ("--", *args) if any(arg.startswith("-") and arg != "-" for arg in args) else (*args,)


def pass_on(parsed: Parsed, more: Sequence[str] = ()) -> int:
    """Have the engine do it, with some more options. We stay, to explain how it fails."""
    runtime = choose_runtime()
    argv = runtime.command((*words(parsed), *more, *separated(parsed.args)))
    status = process.foreground(argv, runtime.environment())
    return 1 if status == ENGINE_FAILED else status


def hand_on(parsed: Parsed) -> int:
    """Turn into a command that only the engine has, with everything behind its name untouched."""
    runtime = choose_runtime()
    argv = runtime.command((*(parsed.command.engine or parsed.command.path), *parsed.args))
    process.become(argv, runtime.environment())

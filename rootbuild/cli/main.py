"""The composition root: argv -> command -> exit code; the only place that catches everything."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from types import FrameType
from typing import NoReturn

from rootbuild import __version__
from rootbuild.cli import registry
from rootbuild.cli.errors import render, report_bug
from rootbuild.cli.parse import Parsed, parse
from rootbuild.errors import EngineError, Interrupted, RootbuildError, UsageError

Run = Callable[[Parsed], int]
BROKEN_PIPE = 128 + signal.SIGPIPE


def main(argv: Sequence[str] | None = None, program: str = "rootbuild") -> int:
    """Run one command line; gives the exit code. Everything that goes wrong is shown here."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        with _signals():
            status = dispatch(words, program)
            sys.stdout.flush()
            return status
    except RootbuildError as error:
        return _say(error)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        _silence(sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the one catch-all: a bug gets a report
        return report_bug(error, words)


def dispatch(words: list[str], program: str = "rootbuild") -> int:
    """Find the command that `words` name and run it."""
    debug, words = _global_flags(words, program)
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if words in ([], ["--help"], ["-h"]):
        return _top_help(program)
    if words[0] in ("--version", "-v"):
        sys.stdout.write(f"{program} version {__version__}\n")
        return 0
    found = registry.find_command(words)
    if found is None:
        return _group(words, program)
    command, called = found
    rest = words[len(called) :]
    parsed = parse(command, rest, called=called, program=program, debug=debug)
    if parsed.wants_help:
        from rootbuild.cli.help import command_help

        sys.stdout.write(command_help(parsed))
        return 0
    return load(command.load)(parsed)


def load(target: str) -> Run:
    """The function that `module:function` names; it is imported now."""
    module, _, name = target.partition(":")
    function: Run = getattr(import_module(module), name)
    return function


def _global_flags(words: list[str], program: str) -> tuple[bool, list[str]]:
    """Take off the options that stand before the command."""
    debug = False
    while words and words[0].startswith("-"):
        match words[0]:
            case "-D" | "--debug" | "--debug=true":
                debug = True
            case "--debug=false":
                debug = False
            case "-h" | "--help" | "-v" | "--version":
                return debug, words[:1]
            case other:
                name = other.split("=", 1)[0]
                raise UsageError(f"unknown flag: {name}", hint=f"See '{program} --help'.")
        words = words[1:]
    if debug:
        os.environ["ROOTBUILD_DEBUG"] = "1"
    return debug, words


def _top_help(program: str) -> int:
    from rootbuild.cli.help import top_help

    sys.stdout.write(top_help(registry.GROUPS, registry.COMMANDS, program))
    return 0


def _group(words: list[str], program: str) -> int:
    """`rootbuild image`: its help; anything else is a mistake."""
    group = registry.find_group(words)
    rest = words[1:] if group is not None else words
    if group is not None and (not rest or rest[0] in ("--help", "-h")):
        from rootbuild.cli.help import group_help

        sys.stdout.write(group_help(group, registry.members(group), program))
        return 0
    from rootbuild.cli.suggest import near

    path = group.path if group is not None else ()
    where = " ".join((program, *path))
    if group is not None and rest[0].startswith("-"):
        raise UsageError(f"unknown flag: {rest[0]}", hint=f"See '{where} --help'.")
    known = near(rest[0], registry.words_below(group))
    hint = f"did you mean '{where} {known}'?\n" if known else ""
    raise UsageError(
        f"{program}: '{' '.join((*path, rest[0]))}' is not a {program} command.",
        hint=f"{hint}See '{where} --help'.",
        id="unknown-command",
        exit_code=1,
    )


def _say(error: RootbuildError) -> int:
    if isinstance(error, EngineError):
        from rootbuild.host.probes import explain

        explain(error)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
        if os.environ.get("ROOTBUILD_DEBUG"):
            import traceback

            traceback.print_exception(error)
        sys.stderr.write(render(error))
        sys.stderr.flush()
    return error.exit_code


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the stack, so that every `with` block cleans up."""
    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # leaves `nohup` alone
            before[number] = signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    name = signal.Signals(number).name
    raise Interrupted(f"stopped by {name}", exit_code=128 + number)


def _silence(descriptor: int) -> None:
    """Whoever read our output is gone: let the rest go nowhere, also at exit."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), descriptor)

"""The composition root: argv -> command -> exit code; the only place that catches everything."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from rootbuild.booleans import truth
from rootbuild.cli import identity, registry
from rootbuild.cli.command import Command, Group
from rootbuild.cli.parse import Parsed, parse
from rootbuild.cli.streams import silence

if TYPE_CHECKING:  # what is only passed on does without: see `_failed`
    from rootbuild.errors import RootbuildError, UsageError

Run = Callable[[Parsed], int]
BROKEN_PIPE = 128 + signal.SIGPIPE

# Modules of verbs that are the engine's; and those that end with a program's own exit code.
BY_ENGINES = frozenset(
    f"rootbuild.cli.{name}"
    for name in (
        *("archive", "container", "containers", "disk", "engine", "image", "images", "inspect"),
        *("listing", "login", "network", "prune", "stats", "volume"),
    )
)
NOT_OURS = frozenset({"attach", "exec", "start"})


def main(argv: Sequence[str] | None = None, program: str = "") -> int:
    """Run one command line; gives the exit code. Everything that goes wrong is shown here.

    Without a name, the `program` is called what it was started as.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    program = program or identity.program(sys.argv[0])
    try:
        with _signals():
            status = dispatch(words, program)
            sys.stdout.flush()
            return status
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        silence(sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the one catch-all
        return _failed(error, words)


def dispatch(words: list[str], program: str = identity.PROGRAM) -> int:
    """Find the command that `words` name and run it."""
    debug, words = _global_flags(words, program)
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if words in ([], ["--help"], ["-h"]):
        return _top_help(program)
    if words[0] in ("--version", "-v"):
        sys.stdout.write(identity.version_line(program))
        return 0
    found = registry.find_command(words)
    if found is None:
        return _group(words, program)
    if program == identity.DOCKER:
        _refuse_daemons(os.environ.get("DOCKER_HOST", ""), os.environ.get("DOCKER_CONTEXT", ""))
    command, called = found
    rest = words[len(called) :]
    parsed = parse(command, rest, called=called, program=program, debug=debug)
    if parsed.wants_help:
        from rootbuild.cli.help import command_help

        sys.stdout.write(command_help(parsed))
        return 0
    return _explained(command, load(command.load)(parsed))


def _explained(command: Command, status: int) -> int:
    """Tell what is wrong with this host, if that may be why an engine's command failed."""
    if status and command.load.partition(":")[0] in BY_ENGINES and command.path[-1] not in NOT_OURS:
        from rootbuild.host.probes import hindrance

        found = hindrance()
        if found is not None:
            _say(found)
    return status


def load(target: str) -> Run:
    """The function that `module:function` names; it is imported now."""
    module, _, name = target.partition(":")
    function: Run = getattr(import_module(module), name)
    return function


def _global_flags(words: list[str], program: str) -> tuple[bool, list[str]]:
    """Take off the options that stand before the command."""
    debug = False
    while words and words[0].startswith("-"):
        if words[0] in ("-h", "--help", "-v", "--version"):
            return debug, words[:1]
        name, value, words = _global_flag(words, program)
        match name:
            case "-D" | "--debug":
                debug = truth(value)
            case "-l" | "--log-level":
                debug = debug or value == "debug"
            case "--config":
                os.environ["DOCKER_CONFIG"] = value
            case "-c" | "--context" if value != "default":
                raise _misused(f'context "{value}" does not exist', exit_code=1)
    if debug:
        os.environ["ROOTBUILD_DEBUG"] = "1"
    return debug, words


def _global_flag(words: list[str], program: str) -> tuple[str, str, list[str]]:
    """One such option, its value, and the words behind it. Raises UsageError."""
    name, equals, value = words[0].partition("=")
    if name in ("-D", "--debug"):
        return name, value or "true", words[1:]
    if name not in ("-l", "--log-level", "--config", "-c", "--context"):
        raise _misused(f"unknown flag: {name}", hint=f"See '{program} --help'.")
    if equals:
        return name, value, words[1:]
    if len(words) < 2:
        raise _misused(f"flag needs an argument: {name}", hint=f"See '{program} --help'.")
    return name, words[1], words[2:]


def _refuse_daemons(host: str, context: str) -> None:
    """Who means a daemon elsewhere shall not find that his own images are gone."""
    if context not in ("", "default"):
        raise _misused(f'context "{context}" does not exist', exit_code=1)
    if host and not host.startswith("unix://"):
        raise _misused(
            f"Cannot connect to the Docker daemon at {host}: this docker is rootbuild",
            hint="it works without a daemon: unset DOCKER_HOST",
            exit_code=1,
        )


def _top_help(program: str) -> int:
    from rootbuild.cli.help import top_help

    sys.stdout.write(top_help(registry.groups_below(()), registry.commands(), program))
    return 0


def _group(words: list[str], program: str) -> int:
    """`rootbuild image`: its help; anything else is a mistake."""
    group = registry.find_group(words)
    rest = words[len(group.path) :] if group is not None else words
    if group is not None and (not rest or rest[0] in ("--help", "-h")):
        from rootbuild.cli.help import group_help

        below: list[Command | Group] = [
            *registry.members(group),
            *registry.groups_below(group.path),
        ]
        sys.stdout.write(group_help(group, below, program))
        return 0
    from rootbuild.cli.suggest import near

    path = group.path if group is not None else ()
    where = " ".join((program, *path))
    if group is not None and rest[0].startswith("-"):
        raise _misused(f"unknown flag: {rest[0]}", hint=f"See '{where} --help'.")
    known = near(rest[0], registry.words_below(group))
    hint = f"did you mean '{where} {known}'?\n" if known else ""
    raise _misused(
        f"{program}: '{' '.join((*path, rest[0]))}' is not a {program} command.",
        hint=f"{hint}See '{where} --help'.",
        id="unknown-command",
        exit_code=1,
    )


def _misused(message: str, *, hint: str = "", id: str = "", exit_code: int = 125) -> UsageError:
    from rootbuild.errors import UsageError

    return UsageError(message, hint=hint, id=id or None, exit_code=exit_code)


def _failed(error: Exception, words: list[str]) -> int:
    """Show what went wrong: what a person can act on as a message, a bug with a report."""
    from rootbuild.cli.errors import report_bug
    from rootbuild.errors import RootbuildError

    return _say(error) if isinstance(error, RootbuildError) else report_bug(error, words)


def _say(error: RootbuildError) -> int:
    from rootbuild.cli.errors import render
    from rootbuild.errors import EngineError, HostError

    if isinstance(error, EngineError):
        from rootbuild.host.probes import explain

        explain(error)
    with contextlib.suppress(OSError, HostError):
        sys.stdout.flush()
    with contextlib.suppress(BrokenPipeError):
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
    """Where errors are not loaded yet, nothing has begun that would have to be cleaned up."""
    errors = sys.modules.get("rootbuild.errors")
    if not hasattr(errors, "Interrupted"):
        raise SystemExit(128 + number)
    from rootbuild.errors import Interrupted

    name = signal.Signals(number).name
    raise Interrupted(f"stopped by {name}", exit_code=128 + number)

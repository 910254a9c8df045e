"""`debug build`, and what `build` has of it: shells in the containers of a build."""

from __future__ import annotations

import shlex
import sys

from rootbuild.build.options import NO_DEBUGGING, Debugging
from rootbuild.cli.parse import Parsed
from rootbuild.errors import UsageError

ON_ERROR = ("stop", "shell")


def debugging(parsed: Parsed) -> Debugging:
    """What is asked for. Raises UsageError; also where there is no terminal to do it on."""
    wanted = parsed.command.path == ("debug", "build")
    on_error = parsed.text("on-error") or ("shell" if wanted else "stop")
    if on_error not in ON_ERROR:
        raise UsageError(
            f'invalid argument "{on_error}" for "--on-error" flag', hint="one of: stop, shell"
        )
    lines = _lines(parsed) if wanted else ()
    if on_error == "stop" and not lines:
        return NO_DEBUGGING
    if not _terminal():
        raise UsageError(
            "a shell in a build needs a terminal, and standard input or output is none",
            hint="leave out --on-error=shell, and use build instead of debug build",
        )
    command = tuple(shlex.split(parsed.text("invoke"))) if wanted else ()
    return Debugging(on_error == "shell", lines, command)


def _lines(parsed: Parsed) -> tuple[int, ...]:
    for text in parsed.all("break"):
        if not text.isdecimal():
            raise UsageError(f'invalid argument "{text}" for "--break" flag: it is no line number')
    return tuple(int(text) for text in parsed.all("break"))


def _terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))

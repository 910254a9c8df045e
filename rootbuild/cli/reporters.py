"""Which progress output a build has, and the reporter that makes it."""

from __future__ import annotations

import os
from typing import TextIO

from rootbuild.cli.parse import Parsed
from rootbuild.errors import UsageError
from rootbuild.progress.reporter import Reporter

PROGRESS = ("auto", "plain", "tty", "quiet", "rawjson")
_DUMB = ("", "dumb")


def progress_name(parsed: Parsed) -> str:
    """What the command line or the environment asks for. Raises UsageError."""
    if parsed.switch("quiet"):
        return "quiet"
    wanted = parsed.text("progress") or os.environ.get("BUILDKIT_PROGRESS") or "auto"
    if wanted not in PROGRESS:
        raise UsageError(f"invalid progress mode {wanted}", hint="one of: " + ", ".join(PROGRESS))
    return wanted


def make_reporter(name: str, stream: TextIO) -> Reporter:
    """The reporter of that name. `auto` is `tty` on a terminal that can move its cursor.

    Raises UsageError where `tty` is asked for and there is no terminal.
    """
    if name == "auto":
        able = os.environ.get("TERM", "") not in _DUMB
        name = "tty" if able and _is_terminal(stream) else "plain"
    if name == "tty":
        if not _is_terminal(stream):
            raise UsageError(
                "failed to get console: provided file is not a console",
                hint="--progress=auto is tty on terminals, and plain elsewhere",
                exit_code=1,
            )
        from rootbuild.progress.terminal.reporter import TerminalReporter

        return TerminalReporter(stream)
    if name == "rawjson":
        from rootbuild.progress.rawjson import RawJsonReporter

        return RawJsonReporter(stream)
    if name == "quiet":
        from rootbuild.progress.quiet import QuietReporter

        return QuietReporter()
    from rootbuild.progress.plain import PlainReporter

    return PlainReporter(stream)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False

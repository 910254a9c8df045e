"""Whether our own terminal is what a command needs."""

from __future__ import annotations

import os

from rootbuild.cli.parse import Parsed
from rootbuild.errors import UsageError


def need_terminal(parsed: Parsed) -> None:
    """Raise UsageError where a terminal's input is asked for (`-it`) and ours comes from none."""
    given = parsed.all("attach") if parsed.command.flag("attach") else ()
    attached = "stdin" in map(str.lower, given) if given else parsed.switch("interactive")
    if attached and parsed.switch("tty") and not os.isatty(0):
        raise UsageError("the input device is not a TTY", exit_code=1)

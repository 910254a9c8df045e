"""Calls of the engine on our own streams."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import IO

from rootbuild import process
from rootbuild.backend import Runtime
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended, and what it said on standard error and output if that was kept."""

    status: int
    said: bytes = b""
    answer: bytes = b""

    def replay(self) -> None:
        """Show what was kept."""
        sys.stdout.buffer.write(self.answer)
        sys.stdout.flush()
        sys.stderr.buffer.write(self.said)
        sys.stderr.flush()


def call(
    runtime: Runtime,
    arguments: Sequence[str],
    *,
    live: bool = False,
    shows: bool = False,
    stdin: IO[bytes] | None = None,
) -> Outcome:
    """Run a command of the engine on our streams; an open file may take the place of input.

    Unless it is `live`, standard error is kept: it can be shown as it is, or better words be found.
    One that only `shows` something ends with its reader, or by Ctrl-C; see `process.foreground`.
    """
    argv, env = runtime.command(arguments), runtime.environment()
    if live:
        return Outcome(process.foreground(argv, env, stdin=stdin, shows=shows))
    with os.fdopen(os.memfd_create("stderr"), "w+b") as said:
        status = process.foreground(argv, env, stdin=stdin, stderr=said, shows=shows)
        said.seek(0)
        return Outcome(status, said.read())


def ask(runtime: Runtime, arguments: Sequence[str]) -> Outcome:
    """Run a command of the engine and keep all that it says."""
    finished = process.look(runtime.command(arguments), runtime.environment())
    return Outcome(finished.status, finished.stderr, finished.stdout)

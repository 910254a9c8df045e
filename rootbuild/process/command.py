"""What is known of a program that was run: how it ended, what it said."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from rootbuild.errors import EngineError
from rootbuild.process.programs import paste
from rootbuild.records import dataclass

TAIL_LINES = 20


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has ended. `status` is its exit code, or minus the signal that killed it."""

    argv: tuple[str, ...]
    status: int
    stdout: bytes = b""
    stderr: bytes = b""

    @property
    def text(self) -> str:
        """Standard output as text, without white space around it."""
        return self.stdout.decode("utf-8", "replace").strip()

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of what it said: standard error, or standard output if that is empty."""
        said = self.stderr.strip() or self.stdout.strip()
        return "\n".join(said.decode("utf-8", "replace").splitlines()[-lines:])


def failure(finished: Finished, hint: str = "") -> EngineError:
    """The error for a program that did not exit with 0, explained by kind."""
    name = Path(finished.argv[0]).name
    if finished.status < 0:
        how = f"was killed by {_signal_name(-finished.status)}"
    elif finished.status == 127:
        how = "exited with 127: a program that it needs was not found"
    else:
        how = f"exited with {finished.status}"
    return EngineError(
        f"{name} {how}",
        command=paste(finished.argv),
        output=finished.tail(),
        hint=hint,
        status=finished.status,
    )


@contextlib.contextmanager
def memory(name: str) -> Iterator[IO[bytes]]:
    """A file in memory, for the length of a block."""
    with os.fdopen(os.memfd_create(name), "w+b") as stream:
        yield stream


def content(stream: IO[bytes]) -> bytes:
    """All that was written to a stream."""
    stream.seek(0)
    return stream.read()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

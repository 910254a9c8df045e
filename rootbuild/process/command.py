"""What is known of a program: where it is, how it ended, what it said."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rootbuild.errors import EngineError, HostError

TAIL_LINES = 20
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


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


def paste(argv: Sequence[str]) -> str:
    """`argv` as a line that can be pasted into a shell."""
    import shlex

    return shlex.join(argv)


def find(program: str) -> str | None:
    """Absolute path of `program` on PATH (also in the sbin folders, as users often lack those)."""
    if "/" in program:
        return program if _is_program(program) else None
    folders = [*os.environ.get("PATH", os.defpath).split(os.pathsep), *_SBIN]
    places = (os.path.join(folder, program) for folder in folders)
    return next((place for place in places if _is_program(place)), None)


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


def announce(argv: Sequence[str]) -> None:
    """With --debug, show a command as it can be pasted."""
    if os.environ.get("ROOTBUILD_DEBUG"):
        sys.stderr.write(f"$ {paste(argv)}\n")
        sys.stderr.flush()


def path(program: str) -> str:
    """As `find`, and HostError if there is none."""
    found = find(program)
    if found is None:
        raise HostError(
            f"{program} is not installed",
            id="program-missing",
            hint=f"install it, on Debian and Ubuntu with: sudo apt-get install {program}",
        )
    return found


@contextlib.contextmanager
def memory(name: str) -> Iterator[IO[bytes]]:
    """A file in memory, for the length of a block."""
    with os.fdopen(os.memfd_create(name), "w+b") as stream:
        yield stream


def content(stream: IO[bytes]) -> bytes:
    """All that was written to a stream."""
    stream.seek(0)
    return stream.read()


def _is_program(place: str) -> bool:
    """Whether a file can be started (`shutil.which` knows it as well, but is slow to load)."""
    try:
        return stat.S_ISREG(os.stat(place).st_mode) and os.access(place, os.X_OK)
    except OSError:
        return False


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

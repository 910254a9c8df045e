"""Standard streams that are closed, full or gone.

A program may be started without some of them, and files that are opened later would get their
numbers then. What a build tells on standard error is of no use to anyone if it cannot be written;
the build is, so it goes on.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any, NoReturn, TextIO

_NAMES = ("stdin", "stdout", "stderr")
_OF_READERS = (BrokenPipeError, BlockingIOError)
"""What is said of a pipe, and dealt with elsewhere."""


class _Stream(io.FileIO):
    """Has a say in what becomes of what cannot be written."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except _OF_READERS:
            raise
        except OSError as error:
            return self.lost(data, error)

    def lost(self, data: Any, error: OSError) -> int:
        """How much of it is to count as written."""
        raise NotImplementedError


class _Answers(_Stream):
    """Says by an error of ours that there is no room."""

    def lost(self, data: Any, error: OSError) -> NoReturn:
        _give_up(self.fileno(), error)


class _Log(_Stream):
    """Takes what it is given, whether it can be written or not."""

    def lost(self, data: Any, error: OSError) -> int:
        return memoryview(data).nbytes


def mend() -> None:
    """Have all three; a standard output that fails clearly, and a standard error that never does.

    What is written raises HostError if there is no room for it.
    """
    for number, name in enumerate(_NAMES):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere(number))
    sys.stdout = _over(_Answers, sys.stdout)
    sys.stderr = _over(_Log, sys.stderr)


def silence(descriptor: int) -> None:
    """Let what is still to be written go nowhere, also at exit."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), descriptor)


def _over(kind: type[_Stream], stream: TextIO) -> TextIO:
    stream.flush()
    raw = kind(stream.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        stream.encoding,
        stream.errors,
        line_buffering=stream is sys.stderr or stream.isatty(),
    )


def _give_up(descriptor: int, error: OSError) -> NoReturn:
    from rootbuild.errors import HostError

    silence(descriptor)
    reason = (error.strerror or str(error)).lower()
    raise HostError(f"cannot write to standard output: {reason}", id="output") from error


def _nowhere(number: int) -> TextIO:
    descriptor = os.open(os.devnull, os.O_RDWR)
    return open(descriptor, "w" if number else "r", encoding="utf-8", closefd=False)

"""A program on a real pseudo-terminal, as a person has it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

SECONDS = 60.0


class OnTerminal:
    """Runs a program; a context manager that ends it. `said` is all that it has written."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        size: tuple[int, int] = (100, 30),
    ) -> None:
        self.said = ""
        self._found = 0
        self._pid, self._descriptor = pty.fork()
        if self._pid == 0:
            try:
                os.chdir(cwd)
                self._resize(0, size)
                os.execve(argv[0], list(argv), {**env, "TERM": "xterm-256color"})
            finally:
                os._exit(127)

    def __enter__(self) -> OnTerminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGTERM)
            self.wait()
        os.close(self._descriptor)

    def until(self, text: str) -> str:
        """Read until it has written that, behind what the last call found; gives what was read."""
        begin = self._found
        deadline = time.monotonic() + SECONDS
        while text not in self.said[begin:]:
            assert self._read(deadline - time.monotonic()), f"{text!r} not in {self.said!r}"
        self._found = self.said.index(text, begin) + len(text)
        return self.said[begin:]

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._descriptor, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size."""
        self._resize(self._descriptor, (columns, rows))

    def wait(self) -> int:
        """Read all that is left; gives the exit code."""
        deadline = time.monotonic() + SECONDS
        while self._read(deadline - time.monotonic()):
            pass
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return os.waitstatus_to_exitcode(status)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], max(seconds, 0))
        if not ready:
            return False
        try:
            data = os.read(self._descriptor, 1 << 16)
        except OSError:  # the other side is closed
            return False
        self.said += data.decode("utf-8", "replace")
        return bool(data)

    @staticmethod
    def _resize(descriptor: int, size: tuple[int, int]) -> None:
        columns, rows = size
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

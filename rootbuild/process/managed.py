"""Programs run by `sh`, with the options that make it safe (docs/architecture.md, "Processes")."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rootbuild.errors import EngineError
from rootbuild.process.command import Finished, content, failure, memory
from rootbuild.process.programs import paste, path
from rootbuild.process.spawned import ENDING

if TYPE_CHECKING:  # importing it takes longer than a whole build with nothing to do
    import sh

GRACE_SECONDS = 5.0


def run(
    argv: Sequence[str],
    *,
    check: bool = True,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: IO[bytes] | None = None,
    output: IO[bytes] | None = None,
    timeout: float | None = None,
    stop: Callable[[], object] | None = None,
) -> Finished:
    """Run a program to its end and keep what it prints.

    `env` is added to ours. With `output` (an open file or the write end of a pipe) the child writes
    both of its streams straight into that, and nothing is kept. `timeout` is in seconds.
    `stop` is called first when we are interrupted: it ends what the program would not end itself.
    Raises EngineError when `check` and the program does not exit with 0, or when time is up;
    HostError when there is no such program.
    """
    if output is not None:
        finished = Finished(
            tuple(argv), _wait(argv, env, cwd, stdin, output, output, timeout, stop)
        )
    else:
        with memory("stdout") as out, memory("stderr") as err:
            status = _wait(argv, env, cwd, stdin, out, err, timeout, stop)
            finished = Finished(tuple(argv), status, content(out), content(err))
    if check and finished.status != 0:
        raise failure(finished)
    return finished


def _wait(
    argv: Sequence[str],
    env: Mapping[str, str] | None,
    cwd: Path | None,
    stdin: IO[bytes] | None,
    out: IO[bytes],
    err: IO[bytes],
    timeout: float | None,
    stop: Callable[[], object] | None,
) -> int:
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        command = _start(argv, env, cwd, stdin, out, err, mask)
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            return _status(command, timeout)
        except BaseException:
            if stop is not None:
                stop()
            _end(command)
            raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _status(command: sh.RunningCommand, timeout: float | None = None) -> int:
    import sh

    try:
        command.wait(timeout=timeout)
    except sh.ErrorReturnCode as error:
        return int(error.exit_code)
    except sh.TimeoutException as error:
        raise EngineError(
            f"no end after {timeout:g} seconds", command=paste(command.cmd), output=""
        ) from error
    return 0


def _start(
    argv: Sequence[str],
    env: Mapping[str, str] | None,
    cwd: Path | None,
    stdin: IO[bytes] | None,
    out: IO[bytes],
    err: IO[bytes],
    mask: Iterable[int],
) -> sh.RunningCommand:
    """Start a program. Our caller blocks signals, so that none comes before it could end it.

    The program gets the signal mask that we had before, `mask`.
    """
    command: sh.RunningCommand = _baked()(path(argv[0]))(
        *argv[1:],
        _env={**os.environ, **(env or {})},
        _cwd=str(cwd) if cwd else None,
        _in=stdin if stdin is not None else _nothing(),
        _out=out,
        _err=err,
        _preexec_fn=functools.partial(signal.pthread_sigmask, signal.SIG_SETMASK, mask),
    )
    return command


@functools.cache
def _baked():  # type: ignore[no-untyped-def]
    """`sh` with our options. It costs 75 ms to import, so it is loaded with the first command."""
    import sh

    def command(path: str):  # type: ignore[no-untyped-def]
        return sh.Command(path).bake(
            _bg=True,
            _bg_exc=False,
            _tty_in=False,
            _tty_out=False,
            _new_session=False,
            _new_group=True,
            _return_cmd=True,
            _truncate_exc=False,
            _no_out=True,
            _no_err=True,
            _close_fds=True,
        )

    return command


@functools.cache
def _nothing() -> IO[bytes]:
    return open(os.devnull, "rb")


def _end(command: sh.RunningCommand) -> None:
    """End a command's process group: first politely, then for sure."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(command.pid, number)
        deadline = time.monotonic() + GRACE_SECONDS
        while command.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        if not command.is_alive():
            return

"""The one place that starts programs.

Built on `sh`, with the options that make it safe (docs/architecture.md, "Processes"): children get
real descriptors instead of callbacks, never a pseudo-terminal; they run in a process group of their
own, which is ended as a whole when we are interrupted; nothing goes through a shell.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from rootbuild.errors import EngineError, HostError

if TYPE_CHECKING:
    import sh

GRACE_SECONDS = 5.0
TAIL_LINES = 20
_FORWARDED = (
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)


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
    return shlex.join(argv)


def find(program: str) -> str | None:
    """Absolute path of `program` on PATH (also in the sbin folders, as users often lack those)."""
    search = os.pathsep.join(
        [os.environ.get("PATH", os.defpath), "/usr/local/sbin:/usr/sbin:/sbin"]
    )
    return shutil.which(program, path=search)


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
        with _memory("stdout") as out, _memory("stderr") as err:
            status = _wait(argv, env, cwd, stdin, out, err, timeout, stop)
            finished = Finished(tuple(argv), status, _content(out), _content(err))
    if check and finished.status != 0:
        raise failure(finished)
    return finished


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


def foreground(
    argv: Sequence[str],
    env: Mapping[str, str] | None = None,
    *,
    stdout: IO[bytes] | None = None,
    stderr: IO[bytes] | None = None,
) -> int:
    """Run a program on our own terminal and streams; its exit code, or 128 + signal.

    It is in our process group, so Ctrl-C reaches it directly; we only wait. `stdout` and `stderr`
    (open files) take the place of ours.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    reset = [] if before == signal.SIG_IGN else [signal.SIGINT]
    try:
        return _spawned(argv, env, ((1, stdout), (2, stderr)), _FORWARDED, os.kill, reset=reset)
    finally:
        signal.signal(signal.SIGINT, before)


def supervised(
    argv: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: IO[bytes],
    tell: Callable[[int], None],
) -> int:
    """Run a program in a process group of its own; its exit code, or 128 + signal.

    It reads `stdin` and writes to our streams. Signals that we get, Ctrl-C included, do not reach
    it: `tell` is called with their numbers.
    """
    numbers = (signal.SIGINT, *_FORWARDED)
    return _spawned(argv, env, ((0, stdin),), numbers, lambda _, number: tell(number), group=True)


def look(argv: Sequence[str], env: Mapping[str, str] | None = None) -> Finished:
    """Ask a program that only reads and answers at once; keeps what it prints, checks nothing.

    For the paths that must not pay for loading `sh` (75 ms), as `foreground` is.
    """
    with _memory("stdout") as out, _memory("stderr") as err:
        status = foreground(argv, env, stdout=out, stderr=err)
        return Finished(tuple(argv), status, _content(out), _content(err))


def become(argv: Sequence[str], env: Mapping[str, str] | None = None) -> NoReturn:
    """Replace this process with a program, on our streams."""
    _announce(argv)
    os.execve(_path(argv[0]), list(argv), {**os.environ, **(env or {})})


@contextlib.contextmanager
def background(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdin: IO[bytes] | None = None,
    output: IO[bytes] | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator[int]:
    """Keep a helper program running for the length of a `with` block; gives its pid.

    It inherits the descriptors `pass_fds`. Its whole process group is ended on the way out.
    """
    with contextlib.ExitStack() as stack:
        out = output if output is not None else stack.enter_context(_memory("output"))
        for descriptor in pass_fds:
            os.set_inheritable(descriptor, True)
        command = _start(argv, env, None, stdin, out, out, pass_fds)
        try:
            yield int(command.pid)
        finally:
            _end(command)


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
    command = _start(argv, env, cwd, stdin, out, err)
    try:
        return _status(command, timeout)
    except BaseException:
        if stop is not None:
            stop()
        _end(command)
        raise


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
    pass_fds: Sequence[int] = (),
) -> sh.RunningCommand:
    command: sh.RunningCommand = _baked()(_path(argv[0]))(
        *argv[1:],
        _env={**os.environ, **(env or {})},
        _cwd=str(cwd) if cwd else None,
        _in=stdin if stdin is not None else _nothing(),
        _out=out,
        _err=err,
        _pass_fds=tuple(pass_fds),
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


def _announce(argv: Sequence[str]) -> None:
    """With --debug, show a command as it can be pasted."""
    if os.environ.get("ROOTBUILD_DEBUG"):
        sys.stderr.write(f"$ {paste(argv)}\n")
        sys.stderr.flush()


def _path(program: str) -> str:
    found = find(program)
    if found is None:
        raise HostError(
            f"{program} is not installed",
            id="program-missing",
            hint=f"install it, on Debian and Ubuntu with: sudo apt-get install {program}",
        )
    return found


@contextlib.contextmanager
def _memory(name: str) -> Iterator[IO[bytes]]:
    with os.fdopen(os.memfd_create(name), "w+b") as stream:
        yield stream


def _content(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()


def _spawned(
    argv: Sequence[str],
    env: Mapping[str, str] | None,
    streams: Sequence[tuple[int, IO[bytes] | None]],
    numbers: Sequence[signal.Signals],
    hear: Callable[[int, int], None],
    *,
    group: bool = False,
    reset: Sequence[signal.Signals] = (),
) -> int:
    """Start a program without `sh` and wait for it; `hear` gets (its pid, a signal of ours)."""
    path, names = _path(argv[0]), {**os.environ, **(env or {})}
    spawn = functools.partial(os.posix_spawn, setpgroup=0) if group else os.posix_spawn
    _announce(argv)
    # Blocked until somebody hears them, so that none is lost while the child starts.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        pid = spawn(
            path,
            list(argv),
            names,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, stream.fileno(), number)
                for number, stream in streams
                if stream is not None
            ],
            setsigdef=reset,
            setsigmask=mask,
        )
        with _heard(numbers, functools.partial(hear, pid)):
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            _, status = os.waitpid(pid, 0)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


@contextlib.contextmanager
def _heard(numbers: Sequence[signal.Signals], hear: Callable[[int], None]) -> Iterator[None]:
    """Call `hear` for signals, but for those that we were told to ignore (`nohup`)."""
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {n: signal.signal(n, lambda number, _: hear(number)) for n in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

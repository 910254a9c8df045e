"""Programs started by posix_spawn: short calls, and those that get our own streams."""

from __future__ import annotations

import contextlib
import functools
import os
import select
import signal
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO

from rootbuild.process.command import Finished, content, failure, memory
from rootbuild.process.programs import announce, path
from rootbuild.process.waiting import Waiting, wait

GRACE_SECONDS = 5.0
_FORWARDED = (
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
ENDING = (signal.SIGINT, *_FORWARDED)
_OUTPUT = 1
_MUCH = 1 << 20
# What Python ignores in its own process, and pasta for one does not expect to be ignored.
_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)


def call(
    argv: Sequence[str],
    *,
    check: bool = True,
    env: Mapping[str, str | None] | None = None,
    output: IO[bytes] | None = None,
    stop: Callable[[], object] | None = None,
    waiting: Waiting | None = None,
) -> Finished:
    """Run a program to its end, as `run` does with the same arguments, but for less.

    A variable that is None in `env` is taken out of the program's environment. It is in a process
    group of its own, which is ended as a whole when we are interrupted, or when another thread
    says `waiting.end()`.
    """
    with contextlib.ExitStack() as stack:
        nothing = stack.enter_context(open(os.devnull, "rb"))
        out = output or stack.enter_context(memory("stdout"))
        err = output or stack.enter_context(memory("stderr"))
        status = _called(argv, env, ((0, nothing), (1, out), (2, err)), stop, waiting)
        kept = (b"", b"") if output is not None else (content(out), content(err))
    finished = Finished(tuple(argv), status, *kept)
    if check and finished.status != 0:
        raise failure(finished)
    return finished


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
        given = stdin or stack.enter_context(open(os.devnull, "rb"))
        out = output or stack.enter_context(memory("output"))
        streams = ((0, given), (1, out), (2, out))
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        stack.callback(signal.pthread_sigmask, signal.SIG_SETMASK, mask)
        with _inherited(pass_fds):
            pid = _started(argv, env, streams, mask)
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            yield pid
        finally:
            _end(pid)


def foreground(
    argv: Sequence[str],
    env: Mapping[str, str] | None = None,
    *,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
    stderr: IO[bytes] | None = None,
    shows: bool = False,
) -> int:
    """Run a program on our own terminal and streams; its exit code, or 128 + signal.

    It is in our process group, so Ctrl-C reaches it directly; we only wait. `stdin`, `stdout` and
    `stderr` (open files) take the place of ours. One that only `shows` something is ended when
    nobody reads our output any more, which raises BrokenPipeError; when Ctrl-C has ended it,
    KeyboardInterrupt is raised.
    """
    interrupts: list[int] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    reset = [] if before == signal.SIG_IGN else [signal.SIGINT]
    if shows and reset:
        signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    try:
        streams = ((0, stdin), (1, stdout), (2, stderr))
        if shows and stdout is None and stat.S_ISFIFO(os.fstat(_OUTPUT).st_mode):
            status = _piped(argv, env, streams, reset)
        else:
            status = _spawned(argv, env, streams, _FORWARDED, os.kill, reset=reset)
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupts:
        raise KeyboardInterrupt
    return status


def _piped(
    argv: Sequence[str],
    env: Mapping[str, str] | None,
    streams: Sequence[tuple[int, IO[bytes] | None]],
    reset: Sequence[signal.Signals],
) -> int:
    """Run a program on a pipe of its own, and pass on what it prints.

    podman opens its standard output anew, to read it as well: then it would never notice that
    nobody else does.
    """
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb") as stdout:

        def copy(pid: int) -> None:
            stdout.close()
            if not _passed_on(reading):
                _end(pid, os.kill)
                raise BrokenPipeError

        own = [(number, stdout if number == _OUTPUT else given) for number, given in streams]
        return _spawned(argv, env, own, _FORWARDED, os.kill, reset=reset, meanwhile=copy)


def attached(argv: Sequence[str], env: Mapping[str, str] | None = None) -> int:
    """Run a program that takes our terminal over; its exit code, or 128 + signal.

    As `foreground`, but from any thread: no signal is dealt with here. It stays in our process
    group, which is the terminal's, so whoever may have to end it needs a way of its own.
    """
    program = path(argv[0])
    announce(argv)
    pid = os.posix_spawn(
        program, list(argv), {**os.environ, **(env or {})}, setsigdef=_IGNORED, setsigmask=()
    )
    code = wait(pid, None)
    return 128 - code if code < 0 else code


def look(
    argv: Sequence[str], env: Mapping[str, str] | None = None, *, stdin: IO[bytes] | None = None
) -> Finished:
    """Ask a program that only reads and answers at once; keeps what it prints, checks nothing.

    For the paths that must not pay for loading `sh` (75 ms), as `foreground` is.
    """
    with memory("stdout") as out, memory("stderr") as err:
        status = foreground(argv, env, stdin=stdin, stdout=out, stderr=err)
        return Finished(tuple(argv), status, content(out), content(err))


@contextlib.contextmanager
def follow(argv: Sequence[str], env: Mapping[str, str] | None = None) -> Iterator[IO[bytes]]:
    """Run a program for the length of a block and give what it prints, to be read meanwhile.

    It is in our process group, and is ended with the block if it runs still.
    """
    program = path(argv[0])
    announce(argv)
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as output:
        try:
            pid = os.posix_spawn(
                program,
                list(argv),
                {**os.environ, **(env or {})},
                file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1)],
            )
        finally:
            os.close(writing)
        try:
            yield output
        finally:
            _end(pid, os.kill)


def _called(
    argv: Sequence[str],
    env: Mapping[str, str | None] | None,
    streams: Sequence[tuple[int, IO[bytes]]],
    stop: Callable[[], object] | None,
    waiting: Waiting | None,
) -> int:
    """Exit code, or minus the signal. The mask keeps a signal from coming before we could react."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        pid = _started(argv, env, streams, mask)
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            return wait(pid, waiting)
        except BaseException:
            if stop is not None:
                stop()
            _end(pid)
            raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _started(
    argv: Sequence[str],
    env: Mapping[str, str | None] | None,
    streams: Sequence[tuple[int, IO[bytes]]],
    mask: Iterable[int],
) -> int:
    """Start a program in a process group of its own, with that signal mask; its pid."""
    wanted: dict[str, str | None] = {**os.environ, **(env or {})}
    names = {name: value for name, value in wanted.items() if value is not None}
    program = path(argv[0])
    announce(argv)
    return os.posix_spawn(
        program,
        list(argv),
        names,
        file_actions=[(os.POSIX_SPAWN_DUP2, item.fileno(), number) for number, item in streams],
        setpgroup=0,
        setsigdef=_IGNORED,
        setsigmask=mask,
    )


@contextlib.contextmanager
def _inherited(descriptors: Sequence[int]) -> Iterator[None]:
    """Let programs that are started in the block have these descriptors."""
    try:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, True)
        yield
    finally:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)


def _end(pid: int, kill: Callable[[int, int], None] = os.killpg) -> None:
    """End a process group (or one process) and reap it: first politely, then for sure."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, number)
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline:
            try:
                if os.waitpid(pid, os.WNOHANG)[0] == pid:
                    return
            except ChildProcessError:
                return
            time.sleep(0.005)


def _spawned(
    argv: Sequence[str],
    env: Mapping[str, str] | None,
    streams: Sequence[tuple[int, IO[bytes] | None]],
    numbers: Sequence[signal.Signals],
    hear: Callable[[int, int], None],
    *,
    reset: Sequence[signal.Signals] = (),
    meanwhile: Callable[[int], object] = lambda pid: None,
) -> int:
    """Start a program without `sh` and wait for it; `hear` gets (its pid, a signal of ours).

    Once it runs, `meanwhile` is called with its pid.
    """
    program, names = path(argv[0]), {**os.environ, **(env or {})}
    announce(argv)
    # Blocked until somebody hears them, so that none is lost while the child starts.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        pid = os.posix_spawn(
            program,
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
        with heard(numbers, functools.partial(hear, pid)):
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            meanwhile(pid)
            _, status = os.waitpid(pid, 0)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _passed_on(reading: int) -> bool:
    """Pass on all that comes out of a pipe; False once nobody reads our output any more."""
    events = select.poll()
    events.register(reading, select.POLLIN)
    events.register(_OUTPUT, 0)
    while True:
        if dict(events.poll()).get(_OUTPUT, 0):
            return False
        try:
            if os.splice(reading, _OUTPUT, _MUCH) == 0:
                return True
        except BrokenPipeError:
            return False


@contextlib.contextmanager
def heard(numbers: Sequence[signal.Signals], hear: Callable[[int], None]) -> Iterator[None]:
    """Call `hear` for signals, but for those that we were told to ignore (`nohup`)."""
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {n: signal.signal(n, lambda number, _: hear(number)) for n in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

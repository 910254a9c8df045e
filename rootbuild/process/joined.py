"""Going on inside of a user namespace that somebody else's program makes.

The engine makes the namespace, as only it knows how (id ranges, environment, permission from
AppArmor). A fork of ours joins it and goes on with all that is imported and known, which saves
starting a second interpreter. The namespace lives as long as a process is in it, so its maker may
end then.
"""

from __future__ import annotations

import functools
import json
import os
import signal
from collections.abc import Callable, Sequence
from io import RawIOBase
from typing import IO, TYPE_CHECKING, NoReturn

from rootbuild.errors import HostError, Interrupted, RootbuildError
from rootbuild.process.command import Finished, content, failure, memory
from rootbuild.process.programs import announce, path
from rootbuild.process.spawned import ENDING, heard

if TYPE_CHECKING:  # most commands do not go inside, and it is slow to load
    import ctypes

# Says its process id and environment, then stays until its standard input ends.
HOLDER = ("sh", "-c", 'printf "%s\\0" $$; env -0; printf "\\0"; exec cat >/dev/null')
_NAMESPACES = ("user", "mnt")
_PR_SET_PDEATHSIG = 1
_BY_SIGNAL = 128
_FAILED = 2


def join(
    enter: Callable[[Sequence[str]], Sequence[str] | None],
    meanwhile: Callable[[], object] = lambda: None,
) -> int | None:
    """Split in two: gives None in the new process, which is inside of the namespace.

    In the old one this waits for the new one, hands our signals on to it, and gives its exit code.
    `enter` puts a command in front of another that runs it in the namespace; while that one makes
    the namespace, `meanwhile` is called. Call it while there is only one thread. Raises EngineError
    when the namespace cannot be made.
    """
    command = enter(HOLDER)
    if command is None:
        return None
    announce(command)
    held, hold = os.pipe()
    with os.fdopen(hold, "wb"), os.fdopen(held, "rb") as stdin, memory("stderr") as stderr:
        holder, report = _start(command, stdin, stderr)
        with os.fdopen(report, "rb", buffering=0) as answer:
            meanwhile()
            names = _read(answer)
        if names is None:
            status = os.waitstatus_to_exitcode(os.waitpid(holder, 0)[1])
            raise failure(Finished(tuple(command), status, stderr=content(stderr)))
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        child = os.fork()
        if child == 0:
            _go_inside(names)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            return None
    try:
        with heard(ENDING, functools.partial(os.kill, child)):
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.waitpid(holder, 0)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return 128 - code if code < 0 else code


def ask(enter: Callable[[Sequence[str]], Sequence[str] | None], work: Callable[[], bytes]) -> bytes:
    """What `work` gives inside of the namespace; it runs in a process that ends with it.

    Raises EngineError when the namespace cannot be made, Interrupted when a signal ended the work,
    HostError with its reason when it failed.
    """
    if enter(HOLDER) is None:
        return work()
    with memory("answer") as answer:
        code = join(enter)
        if code is None:
            _answer(answer, work)
        if code is not None and code > _BY_SIGNAL:
            raise Interrupted("stopped by a signal", exit_code=code)
        if code == _FAILED:
            raise HostError(**json.loads(content(answer)))
        if code != 0:
            raise HostError(f"what was tried inside ended with {code}", id="namespace")
        return content(answer)


def _answer(answer: IO[bytes], work: Callable[[], bytes]) -> NoReturn:
    """Do the work and be gone, past everything that our caller would do at its end."""
    status = 1
    try:
        answer.write(work())
        answer.flush()
        status = 0
    except (Interrupted, KeyboardInterrupt) as stopped:
        status = getattr(stopped, "exit_code", _BY_SIGNAL + signal.SIGINT)
    except BaseException as error:  # noqa: BLE001 - we must not go on as a second process
        answer.seek(0)
        answer.truncate()
        answer.write(json.dumps(_reason(error)).encode())
        answer.flush()
        status = _FAILED
    finally:
        os._exit(status)


def _reason(error: BaseException) -> dict[str, str]:
    """What is told of work that failed: an error's own words, or what kind of failure it was."""
    if os.environ.get("ROOTBUILD_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, RootbuildError):
        report = error.report
        told = {"hint": report.hint, "detail": report.detail, "id": error.id}
        return {"message": report.message, **told}
    kind = "" if isinstance(error, OSError) else f"{type(error).__name__}: "
    return {"message": f"what was tried inside failed: {kind}{error}", "id": "namespace"}


def _start(command: Sequence[str], stdin: IO[bytes], stderr: IO[bytes]) -> tuple[int, int]:
    """Start the maker; gives its process id, and a descriptor to read its report from."""
    report, answer = os.pipe()
    with os.fdopen(answer, "wb") as stdout:
        streams = ((0, stdin), (1, stdout), (2, stderr))
        holder = os.posix_spawn(
            path(command[0]),
            list(command),
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, item.fileno(), number) for number, item in streams],
            setpgroup=0,
        )
    return holder, report


def _read(answer: RawIOBase) -> list[str] | None:
    """The maker's report: a process id, then `NAME=value` entries. None if it gives none."""
    data = b""
    while not data.endswith(b"\0\0"):
        more = answer.read(1 << 16)
        if not more:
            return None
        data += more
    return [os.fsdecode(entry) for entry in data[:-2].split(b"\0")]


def _go_inside(report: Sequence[str]) -> None:
    """Join the namespaces of the process that the report is about, and take its environment."""
    holder, *entries = report
    try:
        folder = os.getcwd()
    except FileNotFoundError:  # it was removed
        folder = "/"
    call = end_with_parent()
    for name in _NAMESPACES:
        with open(f"/proc/{holder}/ns/{name}", "rb") as namespace:
            if call.setns(namespace.fileno(), 0) != 0:
                raise _refused(f"setns {name}")
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(entry.partition("=")[::2] for entry in entries)


def end_with_parent() -> ctypes.CDLL:
    """Ask the kernel for SIGTERM when our parent ends; gives the C library that was used."""
    call = _libc()
    if call.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise _refused("prctl")
    return call


def _libc() -> ctypes.CDLL:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _refused(what: str) -> HostError:
    import ctypes

    reason = os.strerror(ctypes.get_errno())
    return HostError(f"cannot join the engine's user namespace: {what}: {reason}", id="namespace")

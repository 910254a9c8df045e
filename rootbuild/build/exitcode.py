"""Why a step's command has failed: what its exit code says, and what can be seen in its files.

Nothing is read out of what the command has printed; files and states are looked at.
"""

from __future__ import annotations

import os
import posixpath
import re
import shlex
import signal
from collections.abc import Iterator

from rootbuild.backend import Exec
from rootbuild.errors import RootbuildError
from rootbuild.files.rootfs import Rootfs
from rootbuild.plan.steps import RunStep
from rootbuild.progress.units import size

NOT_EXECUTABLE, NOT_FOUND, KILLED = 126, 127, 137
LITTLE_ROOM = 32 << 20
_HEAD = 4096
_SIGNALS = 128
_PLAIN = re.compile(r"[^;&|<>()$`\\\"'*?\[\]#~=%!{}\n]+")
# What those signals are mostly about.
_MEANINGS = {
    signal.SIGILL: "an instruction that this processor does not have: was it built for another?",
    signal.SIGABRT: "the command gave up by itself (abort)",
    signal.SIGBUS: "a file or memory that is not there any more, as on a full disk",
    signal.SIGFPE: "the command divided by zero, or the like",
    signal.SIGKILL: "often because memory ran out",
    signal.SIGSEGV: "the command crashed",
    signal.SIGPIPE: "whoever read its output had ended",
    signal.SIGTERM: "somebody asked it to end",
    signal.SIGSYS: "a system call that seccomp's rules refuse",
}


def explain(code: int, step: RunStep, command: Exec, rootfs: Rootfs) -> str:
    """What to know about the exit code of a step that has failed; several lines, or none."""
    return "\n".join((*_code(code, command, rootfs), *_surroundings(code, step, rootfs)))


def _code(code: int, command: Exec, rootfs: Rootfs) -> Iterator[str]:
    if code in (NOT_EXECUTABLE, NOT_FOUND):
        found = "\n".join(_program(command, rootfs))
        if code == NOT_FOUND:
            usual = "the command, or the interpreter that it names, is not in the image"
        else:
            usual = "the command was found but cannot be executed (its mode, or its format)"
        yield f"{code}: {found or usual}"
    elif code > _SIGNALS:
        yield from _signal(code, command)


def _signal(code: int, command: Exec) -> Iterator[str]:
    try:
        number = signal.Signals(code - _SIGNALS)
    except ValueError:
        return
    meaning = _MEANINGS.get(number, "")
    limit = command.limits.resources.memory
    if number == signal.SIGKILL and limit:
        meaning = f"most likely as it took more memory than --memory={size(limit)} allows"
    yield f"{code}: killed by {number.name}" + (f", {meaning}" if meaning else "")


def _surroundings(code: int, step: RunStep, rootfs: Rootfs) -> Iterator[str]:
    """States that make commands fail and can be seen from here."""
    try:
        room = os.statvfs(rootfs.path)
    except OSError:
        return
    free = room.f_bavail * room.f_frsize
    if free < LITTLE_ROOM:
        yield f"the disk that holds the image store is full: {size(free)} are left"
    elif room.f_files and not room.f_favail:
        yield "the disk that holds the image store has no inodes left"
    if step.network == "none" and code not in (NOT_EXECUTABLE, NOT_FOUND):
        yield "the step has no network (--network=none), should it need one"


def _program(command: Exec, rootfs: Rootfs) -> Iterator[str]:
    """What is wrong with the program that is called, if that can be seen."""
    for name in (command.argv[0], _first_word(command.argv)):
        if not name:
            continue
        path = _find(name, command, rootfs)
        if path is None and _mounted(name, command):
            return
        if path is None:
            yield _absent(name, command)
            return
        problem = _problem(path, rootfs)
        if problem:
            yield problem
            return


def _first_word(argv: tuple[str, ...]) -> str:
    """The program that a shell is to start, where its script is as simple as can be."""
    if len(argv) != 3 or argv[1] not in ("-c", "-ec", "-exc", "-euxc"):
        return ""
    if _PLAIN.fullmatch(argv[2].strip()) is None:
        return ""
    words = shlex.split(argv[2])
    return words[0] if words else ""


def _find(name: str, command: Exec, rootfs: Rootfs) -> str | None:
    """Where a program is: as a path, or by the step's PATH."""
    if "/" in name:
        path = posixpath.normpath(posixpath.join(command.cwd, name))
        return path if _exists(rootfs, path) else None
    folders = dict(command.env).get("PATH", "").split(":")
    paths = (posixpath.join(command.cwd, folder or ".", name) for folder in folders)
    return next((path for path in paths if _exists(rootfs, path)), None)


def _mounted(name: str, command: Exec) -> bool:
    """Whether a program may be in what was mounted for the step, which is gone by now."""
    if "/" in name:
        paths = [posixpath.join(command.cwd, name)]
    else:
        folders = dict(command.env).get("PATH", "").split(":")
        paths = [posixpath.join(folder, name) for folder in folders]
    return any(
        f"{path}/".startswith(f"{mount.target.rstrip('/')}/")
        for mount in command.mounts
        for path in paths
    )


def _absent(name: str, command: Exec) -> str:
    if "/" in name:
        return f"{name} is not in the image"
    return f"{name} is not in the image, in none of PATH={dict(command.env).get('PATH', '')}"


def _problem(path: str, rootfs: Rootfs) -> str:
    """Why a file that is there cannot be executed; nothing if it looks as if it could."""
    try:
        status = rootfs.resolve(path).status
        head = rootfs.read_head(path, _HEAD)
    except (OSError, RootbuildError):
        return ""
    if status is None or head is None:
        return ""
    mode = status.st_mode
    if not mode & 0o111:
        return f"{path} has mode {mode & 0o7777:04o}: chmod +x it, or use COPY --chmod=755"
    if not head.startswith(b"#!"):
        return _format(path, head)
    line = head[2:].partition(b"\n")[0]
    interpreter = line.split()[0].decode("utf-8", "replace") if line.split() else ""
    if line.endswith(b"\r"):
        return f"{path} has line ends of Windows (CRLF), so its interpreter cannot be found"
    if interpreter and not _exists(rootfs, interpreter):
        return f"{path} needs {interpreter}, which is not in the image"
    return ""


def _format(path: str, head: bytes) -> str:
    if head.startswith(b"\x7fELF") or not head:
        return ""
    if head.startswith((b"MZ", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa")):
        return f"{path} is a program for another operating system"
    return f"{path} is neither a program for Linux nor a script that begins with #!"


def _exists(rootfs: Rootfs, path: str) -> bool:
    try:
        return rootfs.exists(path)
    except (OSError, RootbuildError):
        return False

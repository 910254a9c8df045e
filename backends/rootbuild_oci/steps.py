"""Running a step: straight through an OCI runtime, or by an engine's own means."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from rootbuild import process
from rootbuild.errors import EngineError, HostError
from rootbuild.execution import Exec
from rootbuild.records import replace
from rootbuild_oci import (
    argv,
    bundle,
    cgroup,
    devices,
    filters,
    held,
    limits,
    mounts,
    namespace,
    stubs,
)
from rootbuild_oci.bundle import BINDS
from rootbuild_oci.engine import OwnWays
from rootbuild_oci.inside import kill_inside
from rootbuild_oci.step import NeverStartedError, Step

RUNTIMES = ("crun", "runc")
NOT_EXECUTABLE, NOT_FOUND = 126, 127
# What a runtime makes in a root filesystem to mount something on it.
MOUNT_POINTS = ("/proc", "/dev", "/sys", *BINDS)


class Runner:
    """Runs steps in the first way that works here, and remembers which that was.

    `order` gives the ways when one is needed first. They are tried in that order: a runtime that
    cannot make a container fails before anything of the step has run, so that the next one can be
    tried with no harm. `refused` is told then.
    """

    def __init__(
        self,
        own: OwnWays,
        order: Callable[[], tuple[str, ...]],
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        self._own = own
        self._order = order
        self._refused = refused
        self._ways: tuple[str, ...] | None = None
        self._settling = threading.Lock()
        self._running: dict[str, Callable[[], None]] = {}
        self._stopped: set[str] = set()
        self._lock = threading.Lock()
        self._count = 0

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to go; one, once that has worked."""
        with self._settling:
            if self._ways is None:
                self._ways = self._order()
            return self._ways

    def again(self) -> None:
        """Find out anew, with the next step, which way to go."""
        self._ways = None

    def run(self, step: Step, output: IO[bytes]) -> int:
        """Run a step to its end; gives its exit code.

        Raises HostError, before anything of it has run, for what this host cannot give it.
        """
        ulimits, root = step.command.limits.ulimits, namespace.user() == 0
        limits.refuse_unreachable(ulimits, limits.own_hard, root=root)
        devices.refuse_missing(step.command.devices)
        problem = _unusable(step.rootfs, step.command)
        if problem is not None:
            code, message = problem
            os.write(output.fileno(), message.encode())
            return code
        refusals: list[NeverStartedError] = []
        for way in self.ways:
            try:
                code = self._run(way, step, output)
            except NeverStartedError as error:
                self._refused()
                refusals.append(error)
                continue
            except HostError as error:
                error.report = replace(error.report, detail=_complaints(refusals))
                raise
            self._ways = (way,)
            return code
        raise _refused(refusals)

    def stop(self) -> None:
        """Kill every step that runs now."""
        with self._lock:
            running = dict(self._running)
            self._stopped |= set(running)
        for kill in running.values():
            kill()

    def _run(self, way: str, step: Step, output: IO[bytes]) -> int:
        with self._lock:
            self._count += 1
            identity = f"{step.container}-{os.getpid()}-{self._count}"
        points = (
            *(MOUNT_POINTS if way in RUNTIMES else self._own.MOUNT_POINTS),
            *(mount.target for mount in (*step.command.mounts, *step.command.devices)),
        )
        with (
            stubs.removed_afterwards(step.rootfs, points),
            held.named(identity, step.command.mounts) as named,
            bundle.bundle(identity) as folder,
        ):
            step = replace(step, command=replace(step.command, mounts=named))
            if way in RUNTIMES:
                with self._stoppable(identity, lambda: _kill(folder / "pid")):
                    return run_bundle(way, folder, step, output)
            with self._stoppable(identity, lambda: kill_inside(step.rootfs)):
                code = self._own.run(way, folder, step, output)
            # What an engine makes of the death of its child is not the same in all its versions.
            return 128 + signal.SIGKILL if identity in self._stopped else code

    @contextlib.contextmanager
    def _stoppable(self, identity: str, kill: Callable[[], None]) -> Iterator[None]:
        with self._lock:
            self._running[identity] = kill
        try:
            yield
        finally:
            with self._lock:
                del self._running[identity]


def run_bundle(runtime: str, folder: Path, step: Step, output: IO[bytes]) -> int:
    """Run a step straight through an OCI runtime. Raises NeverStartedError."""
    place = bundle.write(folder, step)
    manager = place.manager if place else None
    filters.apply(runtime, folder)
    pid_file, root, identity = folder / "pid", runtime_root(runtime), folder.name
    forget = argv.runtime_delete(runtime, root, identity)
    command = argv.runtime_run(runtime, root, folder, identity, manager)
    try:
        if step.command.terminal:
            finished = process.Finished(command, process.attached(command))
        else:
            finished = process.call(
                command, check=False, output=output, stop=lambda: _kill(pid_file)
            )
    except BaseException:
        process.call(forget, check=False)
        raise
    if finished.status < 0:
        _kill(pid_file)
        process.call(forget, check=False)
        return 128 - finished.status
    if finished.status != 0 and not pid_file.exists():
        if place is not None:
            cgroup.forget(place)
        raise NeverStartedError(finished, _text(folder / "log"))
    return finished.status


def ways(own: OwnWays) -> tuple[str, ...]:
    """The ways to try here, the likeliest first."""
    return (*_installed(), own.LAST)


def likeliest() -> str:
    """The runtime that most likely works here, "" if there is none."""
    return next(iter(_installed()), "")


def _installed() -> tuple[str, ...]:
    """crun refuses to work where some cgroup controllers are of version 1 and some of 2."""
    hybrid = Path("/sys/fs/cgroup/unified").is_dir()
    order = tuple(reversed(RUNTIMES)) if hybrid else RUNTIMES
    return tuple(way for way in order if process.find(way))


def runtime_root(runtime: str) -> Path:
    """Where a runtime keeps its containers' state. They do not understand each other's."""
    root = namespace.folder() / Path(runtime).name
    root.mkdir(mode=0o700, exist_ok=True)
    return root


def remove_leftovers(container: str, rootfs: Callable[[], Path] | None, own: OwnWays) -> None:
    """Kill and forget what a killed build's steps left running. `rootfs` mounts the container.

    Without a runtime that knows them, processes are found by their root, which works as long as
    the mount that they have is ours as well; it never is for a container that only a runtime uses.
    """
    for folder in _children(bundle.parent(), container):
        owners = [way for way in RUNTIMES if (namespace.folder() / way / folder.name).exists()]
        for runtime in owners:
            command = argv.runtime_delete(runtime, runtime_root(runtime), folder.name)
            process.call(command, check=False)
        if not owners:
            own.forget(folder)
        if not owners and rootfs is not None:
            kill_inside(rootfs())
        shutil.rmtree(folder, ignore_errors=True)
    held.remove_leftovers(container)


def _children(folder: Path, container: str) -> list[Path]:
    return list(folder.glob(f"{container}-*"))


def _unusable(rootfs: Path, command: Exec) -> tuple[int, str] | None:
    """Why a command cannot be executed, as the shells' exit code and a line that says it.

    A runtime would fail for the same reason, but so that it looks like a fault of the host's.
    """
    name = command.argv[0]
    paths = [name] if "/" in name else _search(name, dict(command.env).get("PATH", ""))
    code, reason = NOT_FOUND, "executable file not found in $PATH"
    if "/" in name:
        reason = "no such file or directory"
    for path in paths:
        places = stubs.resolve(rootfs, path if path.startswith("/") else f"{command.cwd}/{path}")
        if mounts.covers(command.mounts, rootfs, places):
            return None
        try:
            mode = os.lstat(places[-1] if places else rootfs).st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        if stat.S_ISREG(mode) and mode & 0o111:
            return None
        code, reason = NOT_EXECUTABLE, "permission denied"
    return code, f'exec: "{name}": {reason}\n'


def _search(name: str, path: str) -> list[str]:
    return [f"{folder or '.'}/{name}" for folder in path.split(":")] if path else []


def _kill(pid_file: Path) -> None:
    """Kill a container's first process; the kernel then kills all others in it."""
    text = _text(pid_file).strip()
    if text:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(text), signal.SIGKILL)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def _complaints(refusals: list[NeverStartedError]) -> str:
    return "\n".join(refusal.log.strip() for refusal in refusals)


def _refused(refusals: list[NeverStartedError]) -> EngineError:
    last = refusals[-1]
    return EngineError(
        "no OCI runtime could start the step",
        command=process.paste(last.finished.argv),
        output=_complaints(refusals),
        hint="the complaints of every runtime that was tried are below",
        status=last.finished.status,
        id="runtime-failed",
    )

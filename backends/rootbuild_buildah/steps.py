"""Running a step: straight through an OCI runtime, or by buildah's own means."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import signal
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Literal

from rootbuild import process
from rootbuild.backend import Exec
from rootbuild.errors import EngineError
from rootbuild_buildah import argv, mounts, namespace, network, seccomp, spec, stubs

Way = Literal["crun", "runc", "buildah", "chroot"]
RUNTIMES: tuple[Way, ...] = ("crun", "runc")
MOST_ROUNDS = 100
NOT_EXECUTABLE, NOT_FOUND = 126, 127
BINDS = ("/etc/hosts", "/etc/resolv.conf")
# What a runtime, or buildah itself, makes in a root filesystem to mount something on it.
MOUNT_POINTS = ("/proc", "/dev", "/sys", *BINDS)
BUILDAH_MOUNT_POINTS = (*MOUNT_POINTS, "/etc/hostname", "/run/.containerenv")


class NeverStartedError(Exception):
    """The runtime could not make the container: nothing of the step has run."""

    def __init__(self, finished: process.Finished, log: str) -> None:
        super().__init__(log)
        self.finished = finished
        self.log = log

    @property
    def said(self) -> str:
        """The runtime's complaint in one line."""
        try:
            entries = [json.loads(line) for line in self.log.splitlines()]
            return str(entries[-1]["msg"])
        except (ValueError, LookupError, TypeError):
            return self.log.strip() or f"exited with {self.finished.status}"


@dataclass(frozen=True, slots=True)
class Step:
    """A process to run, in what, and on which network."""

    container: str
    rootfs: Path
    command: Exec
    network: network.Network


class Runner:
    """Runs steps in the first way that works here, and remembers which that was.

    `ways` are tried in their order: a runtime that cannot make a container fails before anything
    of the step has run, so that the next one can be tried with no harm. Without them, `order` is
    asked with the first step, and `refused` is told when its first way has failed.
    """

    def __init__(
        self,
        ways: tuple[Way, ...] | None = None,
        order: Callable[[], tuple[Way, ...]] | None = None,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        self._fixed = ways
        self._settled: tuple[Way, ...] | None = None
        self._order = order or _likeliest
        self._refused = refused
        self._running: dict[str, Callable[[], None]] = {}
        self._stopped: set[str] = set()
        self._lock = threading.Lock()
        self._count = 0

    def run(self, step: Step, output: IO[bytes]) -> int:
        """Run a step to its end; gives its exit code."""
        problem = _unusable(step.rootfs, step.command)
        if problem is not None:
            code, message = problem
            os.write(output.fileno(), message.encode())
            return code
        refusals: list[NeverStartedError] = []
        for way in self._settled or self._fixed or self._order():
            try:
                code = self._run(way, step, output)
            except NeverStartedError as error:
                self._refused()
                refusals.append(error)
                continue
            self._settled = (way,)
            return code
        raise _refused(refusals)

    def again(self) -> None:
        """Find out anew, with the next step, which way to go."""
        self._settled = None

    def stop(self) -> None:
        """Kill every step that runs now."""
        with self._lock:
            running = dict(self._running)
            self._stopped |= set(running)
        for kill in running.values():
            kill()

    def _run(self, way: Way, step: Step, output: IO[bytes]) -> int:
        with self._lock:
            self._count += 1
            identity = f"{step.container}-{os.getpid()}-{self._count}"
        points = (
            *(MOUNT_POINTS if way in RUNTIMES else BUILDAH_MOUNT_POINTS),
            *(mount.target for mount in step.command.mounts),
        )
        with stubs.removed_afterwards(step.rootfs, points), bundle(identity) as folder:
            if way in RUNTIMES:
                with self._stoppable(identity, lambda: _kill(folder / "pid")):
                    return run_bundle(way, folder, step, output)
            with self._stoppable(identity, lambda: _kill_inside(step.rootfs)):
                code = run_by_buildah(folder, step, output, _how(way))
            # What buildah makes of the death of its child is not the same in all its versions.
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


def _how(way: Way) -> tuple[str, ...]:
    """What to tell buildah. With isolation "chroot" it needs no OCI runtime at all."""
    if way == "chroot":
        return ("--isolation", "chroot")
    likeliest = ways()[0]
    return ("--runtime", likeliest) if likeliest in RUNTIMES else ()


def run_bundle(runtime: str, folder: Path, step: Step, output: IO[bytes]) -> int:
    """Run a step straight through an OCI runtime. Raises NeverStartedError."""
    write_bundle(folder, step)
    pid_file, root, identity = folder / "pid", runtime_root(runtime), folder.name
    forget = argv.runtime_delete(runtime, root, identity)
    try:
        finished = process.call(
            argv.runtime_run(runtime, root, folder, identity),
            check=False,
            output=output,
            stop=lambda: _kill(pid_file),
        )
    except BaseException:
        process.call(forget, check=False)
        raise
    if finished.status < 0:
        _kill(pid_file)
        process.call(forget, check=False)
        return 128 - finished.status
    if finished.status != 0 and not pid_file.exists():
        raise NeverStartedError(finished, _text(folder / "log"))
    return finished.status


def ways() -> tuple[Way, ...]:
    """The ways to try here, the likeliest first.

    crun refuses to work where some cgroup controllers are of version 1 and some of version 2.
    """
    hybrid = Path("/sys/fs/cgroup/unified").is_dir()
    order = tuple(reversed(RUNTIMES)) if hybrid else RUNTIMES
    return (*(way for way in order if process.find(way)), "chroot")


def _likeliest() -> tuple[Way, ...]:
    return ways()


def runtime_root(runtime: str) -> Path:
    """Where a runtime keeps its containers' state. They do not understand each other's."""
    root = namespace.folder() / runtime
    root.mkdir(mode=0o700, exist_ok=True)
    return root


@contextlib.contextmanager
def bundle(identity: str) -> Iterator[Path]:
    """A private folder for one container's files."""
    parent = namespace.folder() / "bundles"
    parent.mkdir(mode=0o700, exist_ok=True)
    folder = parent / identity
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_bundle(folder: Path, step: Step) -> None:
    """Write config.json and the files that are bound into the container."""
    sandbox = spec.Sandbox(
        rootfs=step.rootfs,
        network=step.network.namespace,
        binds=_write_binds(folder, step),
        seccomp=_seccomp(),
        cgroup_namespace=Path("/proc/self/ns/cgroup").exists(),
    )
    (folder / "config.json").write_text(json.dumps(spec.specification(step.command, sandbox)))


def run_by_buildah(folder: Path, step: Step, output: IO[bytes], how: tuple[str, ...]) -> int:
    """Run a step by `buildah run`; `how` are its options for isolation.

    The container's own environment is dropped first, as buildah would add it to ours. Two things
    are not as they should be: there are no supplementary groups, and buildah adds HOSTNAME to the
    environment. Raises HostError for what `buildah run` cannot be told.
    """
    mounts.refuse(step.command, chroot="chroot" in how)
    process.call(argv.forget_config(step.container))
    with contextlib.ExitStack() as stack:
        # There may be no namespace of process ids whose end would take all processes along.
        stack.callback(_kill_inside, step.rootfs)
        binds = [f"{source}:{target}:ro" for source, target in _write_binds(folder, step)]
        netns = step.network.namespace
        if netns == "":
            netns = stack.enter_context(network.namespace())
        finished = process.run(
            argv.run(step.container, step.command, how, netns, binds),
            check=False,
            output=output,
            stop=lambda: _kill_inside(step.rootfs),
        )
    return 128 - finished.status if finished.status < 0 else finished.status


def _write_binds(folder: Path, step: Step) -> tuple[tuple[Path, str], ...]:
    hosts, resolv = folder / "hosts", folder / "resolv.conf"
    hosts.write_text(network.hosts(step.command.hostname, step.command.hosts))
    resolv.write_text(network.resolv_conf(network.host_resolv_conf(), step.network.servers))
    for path in (hosts, resolv):
        path.chmod(0o644)
    return tuple(zip((hosts, resolv), BINDS, strict=True))


def remove_leftovers(container: str, rootfs: Callable[[], Path]) -> None:
    """Kill and forget what a killed build's steps left running. `rootfs` mounts the container.

    Without a runtime that knows them, processes are found by their root, which works as long as
    the mount that they have is ours as well.
    """
    for folder in _children(namespace.folder() / "bundles", container):
        owners = [way for way in RUNTIMES if (namespace.folder() / way / folder.name).exists()]
        for runtime in owners:
            command = argv.runtime_delete(runtime, runtime_root(runtime), folder.name)
            process.call(command, check=False)
        if not owners:
            _kill_inside(rootfs())
        shutil.rmtree(folder, ignore_errors=True)


def _children(folder: Path, container: str) -> list[Path]:
    return list(folder.glob(f"{container}-*"))


@cache
def _seccomp() -> dict[str, object] | None:
    rules = seccomp.load()
    if rules is None:
        return None
    return seccomp.rules_for(rules, platform.machine(), spec.CAPABILITIES)


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


def _kill_inside(rootfs: Path) -> None:
    """Kill every process whose root is this root filesystem, however it is mounted."""
    root = rootfs.stat()
    for _ in range(MOST_ROUNDS):
        found = [pid for pid in _processes() if _rooted(pid, root)]
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        time.sleep(0.01)


def _processes() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _rooted(pid: int, root: os.stat_result) -> bool:
    try:
        found = os.stat(f"/proc/{pid}/root")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return os.path.samestat(found, root)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def _refused(refusals: list[NeverStartedError]) -> EngineError:
    last = refusals[-1]
    return EngineError(
        "no OCI runtime could start the step",
        command=process.paste(last.finished.argv),
        output="\n".join(refusal.log.strip() for refusal in refusals),
        hint="the complaints of every runtime that was tried are below",
        status=last.finished.status,
        id="runtime-failed",
    )

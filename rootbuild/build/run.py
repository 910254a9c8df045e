"""A RUN step: who runs it, with what environment, and what becomes of its output."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, BinaryIO

from rootbuild.backend import Backend, Exec
from rootbuild.build.debugger import Debugger
from rootbuild.build.exitcode import explain
from rootbuild.build.mounts.mounting import Prepared
from rootbuild.build.vertices import Vertex
from rootbuild.errors import BuildError
from rootbuild.files.accounts import Account, resolve_user
from rootbuild.files.directories import make_workdir
from rootbuild.files.rootfs import Rootfs
from rootbuild.plan.steps import RunStep
from rootbuild.records import replace

if TYPE_CHECKING:  # most builds have no devices
    from rootbuild.cdi.spec import Edits

TAIL_BYTES = 16 * 1024
TAIL_LINES = 20
CHUNK = 64 * 1024


def run_step(
    backend: Backend,
    container: str,
    rootfs: Rootfs,
    step: RunStep,
    prepared: Prepared,
    vertex: Vertex,
    debugger: Debugger,
) -> None:
    """Run the command and stream its output. Raises BuildError unless it exits with 0.

    The working directory is made if it is missing, as that of an image need not be there.
    """
    if not step.argv:
        raise BuildError(
            'process "" did not complete successfully: it has no arguments', id="run-failed"
        )
    account = resolve_user(rootfs, step.user)
    make_workdir(rootfs, step.cwd, account.uid, account.gid)
    tail = _Tail(vertex)
    command = process_of(step, prepared, account)
    code = _run(backend, container, command, tail)
    if code != 0:
        what = f'process "{step.display}" did not complete successfully: exit code: {code}'
        hint = "\n".join(filter(None, (explain(code, step, command, rootfs), debugger.advice)))
        debugger.failed(container, rootfs, command, what)
        raise BuildError(what, id="run-failed", hint=hint, detail=tail.text())


def process_of(step: RunStep, prepared: Prepared, account: Account) -> Exec:
    """What is run for a step."""
    env = dict(step.env)
    env.setdefault("HOME", account.home)
    for key, value in (*step.proxies, *prepared.env):
        env.setdefault(key, value)
    command = Exec(
        argv=step.argv,
        env=tuple(env.items()),
        cwd=step.cwd,
        uid=account.uid,
        gid=account.gid,
        groups=account.groups,
        network=step.network,
        hostname=step.hostname,
        hosts=step.hosts,
        mounts=prepared.mounts,
        secrets=prepared.secrets,
        limits=step.limits,
        security=step.security,
    )
    return command if prepared.edits is None else _edited(command, prepared.edits)


def _edited(command: Exec, edits: Edits) -> Exec:
    """The process with what its devices change."""
    return replace(
        command,
        env=tuple(dict((*command.env, *edits.env)).items()),
        groups=(*command.groups, *edits.groups),
        mounts=(*command.mounts, *edits.mounts),
        devices=edits.devices,
        hooks=edits.hooks,
    )


def _run(backend: Backend, container: str, command: Exec, tail: _Tail) -> int:
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as source:
        reader = threading.Thread(target=tail.follow, args=(source,), daemon=True)
        reader.start()
        try:
            with os.fdopen(write, "wb", buffering=0) as sink:
                return backend.run(container, command, sink)
        finally:
            reader.join()  # before the descriptor that it reads from is closed


class _Tail:
    """Hands output on as it comes and keeps the end of it for an error message."""

    def __init__(self, vertex: Vertex) -> None:
        self._vertex = vertex
        self._kept = b""

    def follow(self, source: BinaryIO) -> None:
        while data := source.read(CHUNK):
            self._vertex.log(data)
            self._kept = (self._kept + data)[-TAIL_BYTES:]

    def text(self) -> str:
        lines = self._kept.decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])

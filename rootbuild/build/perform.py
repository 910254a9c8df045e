"""Doing one step in a stage's mounted working container."""

from __future__ import annotations

from rootbuild.backend import Backend
from rootbuild.build.copied import Copied
from rootbuild.build.debugger import Debugger, plain
from rootbuild.build.mounts.mounting import Mounting
from rootbuild.build.run import run_step
from rootbuild.build.vertices import Vertex
from rootbuild.errors import RootbuildError, unreachable
from rootbuild.files.accounts import resolve_owner, resolve_user
from rootbuild.files.copy import CopyOptions, copy
from rootbuild.files.dated import dated
from rootbuild.files.destination import absolute
from rootbuild.files.directories import make_workdir
from rootbuild.files.inline import write_inline
from rootbuild.files.layover import Layover
from rootbuild.files.mode import parse_chmod
from rootbuild.files.rootfs import Rootfs
from rootbuild.files.selection import Selection
from rootbuild.graph.stages import keeps_owners
from rootbuild.plan.steps import CopyStep, RunStep, Step, WorkdirStep
from rootbuild.records import replace


def perform(
    backend: Backend,
    step: Step,
    container: str,
    rootfs: Rootfs,
    selections: tuple[Selection, ...],
    mounting: Mounting,
    vertex: Vertex,
    debugger: Debugger,
    *,
    fresh: bool,
) -> bool:
    """Do a step; `selections` is what its `readings` found, `fresh` tells that no cache is used.

    Gives whether what it has made would be the same on top of anything else.

    Raises RootbuildError.
    """
    match step:
        case RunStep():
            with mounting.prepared(step, selections, fresh=fresh) as prepared:
                run_step(backend, container, rootfs, step, prepared, vertex, debugger)
            return False
        case CopyStep():
            try:
                return _copy(step, rootfs, selections, vertex)
            except RootbuildError as error:
                debugger.failed(container, rootfs, plain(step), error.report.message)
                raise
        case WorkdirStep():
            account = resolve_user(rootfs, step.user)
            with dated(rootfs, step.path, step.created):
                make_workdir(rootfs, step.path, account.uid, account.gid)
            return False
        case _:
            unreachable(step)


def _copy(
    step: CopyStep, rootfs: Rootfs, selections: tuple[Selection, ...], vertex: Vertex
) -> bool:
    options = CopyOptions(
        owner=None if not step.chown else resolve_owner(rootfs, step.chown),
        mode=None if not step.chmod else parse_chmod(step.chmod),
        keep_owner=keeps_owners(step.source),
        several=len(step.inline) + len(step.sources) > 1,
        created=step.created,
    )
    over = Layover(rootfs) if step.link else None
    copied = Copied(selections)
    vertex.gauge("copying", copied.measure)
    path = absolute(step.destination, step.workdir)
    with dated(rootfs, path, step.created, linked=step.link):
        for reading, selection in zip(step.readings, selections, strict=True):
            unpack = step.unpack if reading.remote is None else step.unpack_remotes
            chosen = replace(options, unpack=unpack)
            copy(selection, rootfs, step.destination, step.workdir, chosen, over, copied.add)
        if step.inline:
            write_inline(step.inline, rootfs, step.destination, step.workdir, options, over)
    return over is not None and over.untouched

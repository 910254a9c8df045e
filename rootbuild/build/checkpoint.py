"""When a stage's work so far is committed, so that a later build can go on from there.

A commit writes a layer and reads it again; redoing some small steps is often cheaper. Which of the
two is known only when the steps have run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rootbuild.build.upper import changed_bytes
from rootbuild.graph.stages import ImageBase
from rootbuild.plan.steps import Step

LayerPolicy = Literal["auto", "all"]

DEAR_SECONDS = 1.0
COMMIT_BYTES_PER_SECOND = 100 << 20


@dataclass(slots=True)
class Uncommitted:
    """Steps that a stage's container holds and no layer does yet.

    `seconds` is how long they took; `written` by how many bytes they made the disk fuller.
    """

    steps: int = 0
    seconds: float = 0.0
    written: int = 0

    def add(self, seconds: float, written: int) -> None:
        """One more step was done."""
        self.steps += 1
        self.seconds += seconds
        self.written += written


def pays(policy: LayerPolicy, work: Uncommitted) -> bool:
    """Whether to commit now: always with "all" (Docker's one layer per instruction).

    With "auto" when redoing the work would take more than about a second, and more than twice as
    long as the commit is estimated to take.
    """
    if policy == "all":
        return work.steps > 0
    commit = max(work.written, 0) / COMMIT_BYTES_PER_SECOND
    return work.seconds > max(DEAR_SECONDS, 2 * commit)


def pays_before(work: Uncommitted, step: Step) -> bool:
    """Whether to commit before a step, however large that gets.

    A step that takes files is the likeliest to be another one next time, and the dear ones in front
    of it are then not to be done again for its sake.
    """
    changeable = any(not isinstance(reading.source, ImageBase) for reading in step.readings)
    return changeable and work.seconds > DEAR_SECONDS


def correct(work: Uncommitted, rootfs: Path) -> None:
    """Count just what the stage itself has written, if that may decide about a commit.

    Other stages write to the same disk at the same time. Asking the container's own layer costs a
    walk through it, and is not possible everywhere.
    """
    if work.seconds > DEAR_SECONDS and not pays("auto", work):
        own = changed_bytes(rootfs)
        work.written = work.written if own is None else own


def used_bytes(path: Path) -> int:
    """How much of a filesystem is in use."""
    status = os.statvfs(path)
    return (status.f_blocks - status.f_bfree) * status.f_frsize

"""When a stage's work so far is committed, so that a later build can go on from there.

A commit writes a layer and reads it again; redoing some small steps is often cheaper. Which of the
two is known only when the steps have run.

An edit has all work repeated that lies in front of it and that no layer holds: in its own stage, in
those that copy from it, and in those that these copy from. So what stages leave uncommitted counts
together.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Literal

from rootbuild.build.upper import changed_bytes, has_hard_links
from rootbuild.graph.stages import ImageBase
from rootbuild.plan.steps import RunStep, Step
from rootbuild.records import dataclass

LayerPolicy = Literal["auto", "all"]

DEAR_SECONDS = 1.0
COMMIT_SECONDS = 0.1
COMMIT_BYTES_PER_SECOND = 128 << 20
MEASURED_BYTES = 64 << 20
"""A commit of less than this tells little of how fast large ones are."""


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


class Costs:
    """What commits take on this machine, and what the stages of a build leave uncommitted.

    Threads share it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rate = float(COMMIT_BYTES_PER_SECOND)
        self._left: dict[int, float] = {}

    def commit(self, written: int) -> float:
        """How many seconds it is estimated to take to commit that many bytes."""
        return COMMIT_SECONDS + max(written, 0) / self._rate

    def measured(self, written: int, seconds: float) -> None:
        """A commit has taken that long."""
        if written >= MEASURED_BYTES and seconds > 0:
            self._rate = written / seconds

    def begin(self, stage: int) -> None:
        """A stage is built in this build, so that what it leaves will be told."""
        with self._lock:
            self._left.setdefault(stage, 0.0)

    def begun(self, stage: int) -> bool:
        """Whether that was said of a stage."""
        with self._lock:
            return stage in self._left

    def leave(self, stage: int, work: Uncommitted, *, others: bool = False) -> bool:
        """Whether work in front of what may change can stay uncommitted; it is noted then.

        All stages together may leave a second, `others` tells that those of earlier builds have
        done so. Work that takes no longer than its commit always can.
        """
        if work.seconds <= self.commit(work.written):
            return True
        with self._lock:
            own = max(self._left.get(stage, 0.0), work.seconds)
            rest = sum(seconds for index, seconds in self._left.items() if index != stage)
            if others or rest + own > DEAR_SECONDS:
                return False
            self._left[stage] = own
            return True


def pays(policy: LayerPolicy, work: Uncommitted, costs: Costs) -> bool:
    """Whether to commit now: always with "all" (Docker's one layer per instruction).

    With "auto" when redoing the work would take more than about a second, and more than half as
    long as the commit: that is paid once, the work would be redone with each edit.
    """
    if policy == "all":
        return work.steps > 0
    return work.seconds > max(DEAR_SECONDS, costs.commit(work.written) / 2)


def pays_before(work: Uncommitted, step: Step, stage: int, costs: Costs) -> bool:
    """Whether to commit before a step, however large that gets.

    A step that takes files is the likeliest to be another one next time, and the dear ones in front
    of it are then not to be done again for its sake.
    """
    changeable = any(not isinstance(reading.source, ImageBase) for reading in step.readings)
    return changeable and (work.seconds > DEAR_SECONDS or not costs.leave(stage, work))


def must_before(step: Step, rootfs: Path) -> bool:
    """Whether the result of a step depends on what was done so far having a layer of its own.

    What is in a lower layer is copied when it is changed, and hard links to it stay as they were.
    A name of a file that is still in the container's own layer is changed together with the others.
    """
    return isinstance(step, RunStep) and has_hard_links(rootfs)


def correct(work: Uncommitted, rootfs: Path, costs: Costs) -> None:
    """Count just what the stage itself has written, if that may decide about a commit.

    Other stages write to the same disk at the same time. Asking the container's own layer costs a
    walk through it, and is not possible everywhere.
    """
    if work.seconds > DEAR_SECONDS and not pays("auto", work, costs):
        own = changed_bytes(rootfs)
        work.written = work.written if own is None else own


def used_bytes(path: Path) -> int:
    """How much of a filesystem is in use."""
    status = os.statvfs(path)
    return (status.f_blocks - status.f_bfree) * status.f_frsize

"""What a build leaves for others: the keys of its steps, and what is known under them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from rootbuild.build.remotecache.record import INLINE, Record, Result, inline
from rootbuild.build.remotecache.request import Mode
from rootbuild.build.solver import Solver
from rootbuild.cache.database import Snapshot
from rootbuild.graph.stages import ContextBase
from rootbuild.plan.keys import content_key
from rootbuild.plan.plan import Plan
from rootbuild.plan.steps import CopyStep, StagePlan
from rootbuild.records import dataclass, field


@dataclass(slots=True)
class Gathered:
    """Results of steps, digests of what COPY --from takes, dates of finished images; by key."""

    steps: dict[str, Snapshot] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)

    def record(self) -> Record:
        """As a record, without layers."""
        steps = {
            key: Result(found.layers.diff_ids, found.groups) for key, found in self.steps.items()
        }
        return Record(steps=steps, contents=self.contents, dates=self.dates)


def gather(plan: Plan, solver: Solver, mode: Mode) -> Gathered:
    """All that is known of a build. With mode `min`, results that the target consists of alone."""
    found = Gathered()
    for stage in plan.stages:
        found.steps.update(_results(solver, stage))
        found.contents.update(_contents(solver, stage))
    if mode == "max":
        return found
    return _narrowed(found, *(_target(solver, target) for target in plan.targets))


def inlined(
    plan: Plan,
    solver: Solver,
    config: bytes,
    key: str,
    snapshot: Snapshot,
    dates: Mapping[str, str],
) -> bytes:
    """An image's config with what the image is as a cache; `key` is that of its filesystem."""
    found = gather(plan, solver, "max")
    found = _narrowed(found, snapshot.layers.diff_ids)
    if snapshot.groups:
        found.steps[key] = snapshot
    found.dates.update(dates)
    content = json.loads(config)
    content[INLINE] = inline(found.record(), snapshot.layers.diff_ids)
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def _results(solver: Solver, stage: StagePlan) -> Iterator[tuple[str, Snapshot]]:
    keys = solver.chain(stage.index).keys
    for key, step in zip(keys, stage.steps, strict=False):
        snapshot = solver.snapshot(key)
        if snapshot is not None:
            yield key, snapshot
        link = solver.link_key(step) if isinstance(step, CopyStep) and step.independent else None
        linked = None if link is None else solver.snapshot(link)
        if link is not None and linked is not None:
            yield link, linked


def _contents(solver: Solver, stage: StagePlan) -> Iterator[tuple[str, str]]:
    for step in stage.steps:
        for reading in step.readings:
            source = reading.source
            if source is None or isinstance(source, ContextBase):
                continue
            filesystem, digest = solver.filesystem_key(source), solver.content(reading)
            if filesystem is not None and digest is not None:
                yield content_key(filesystem, reading.marks), digest


def _target(solver: Solver, target: int) -> tuple[str, ...]:
    """The layers of a target's last result that is known."""
    for key in reversed(solver.chain(target).keys):
        snapshot = solver.snapshot(key)
        if snapshot is not None:
            return snapshot.layers.diff_ids
    return ()


def _narrowed(found: Gathered, *images: tuple[str, ...]) -> Gathered:
    """Only results that are part of images with these layers: what they were made from."""
    kept = {
        key: snapshot
        for key, snapshot in found.steps.items()
        if any(_is_part(snapshot.layers.diff_ids, image) for image in images)
    }
    return Gathered(kept, dict(found.contents), dict(found.dates))


def _is_part(diff_ids: tuple[str, ...], image: tuple[str, ...]) -> bool:
    """Whether an image begins with these layers, or has this one somewhere (of a linked copy)."""
    begins = image[: len(diff_ids)] == diff_ids
    return begins or (len(diff_ids) == 1 and diff_ids[0] in image)

"""Two records of a stage -> the reasons for which a step of the newer one had to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rootbuild.build.explain.records import (
    BaseRecord,
    ContentRecord,
    Marks,
    StageRecord,
    StepRecord,
)
from rootbuild.files.inventory import FileChange, changes

MOST_FILES = 5

Kind = Literal[
    "no-cache",  # it was asked for
    "new",  # nothing like it is remembered
    "not-kept",  # it was done before, but what came of it was not worth a layer
    "gone",  # the store has lost what it made
    "merged",  # its layer holds other steps as well, and single ones are wanted
    "base",
    "below",
    "definition",
    "content",
]
Find = Callable[[str], bytes | None]
"""The inventory with a digest, if there is one."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step ran; `text` is a clause."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a step ran, by its stage's name, its position there and its title."""

    stage: str
    position: int
    title: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Nearest:
    """A step of an older record, and the key and base of what was below it."""

    step: StepRecord
    below: str
    base: BaseRecord | None


def nearest(
    records: Sequence[StageRecord], step: StepRecord, below: str, position: int, find: Find
) -> Nearest | None:
    """The remembered step that differs least: the same elsewhere, or what was in its place.

    Of equals it is that of the first record.
    """
    found = [
        (
            _distance(old, step, find) + (record.parent(at) != below),
            Nearest(old, record.parent(at), base),
        )
        for record in records
        for at, old in enumerate(record.steps)
        for base in [None if at else record.base]
        if old.definition == step.definition or (at == position and old.kind == step.kind)
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def reasons(
    old: Nearest, step: StepRecord, below: str, base: BaseRecord | None, find: Find
) -> tuple[Reason, ...]:
    """What has changed; nothing if the key is the same. `base` is None but for a first step."""
    found = [Reason("definition", text) for text in _definition(old.step, step)]
    if old.below != below:
        found.append(_below(old.base, base))
    found.extend(_contents(old.step.contents, step.contents, find))
    return tuple(found)


def _distance(old: StepRecord, new: StepRecord, find: Find) -> int:
    contents = sum(
        len(_changes(before.digest, after.digest, find) or [""])
        for before, after in zip(old.contents, new.contents, strict=False)
        if before.digest != after.digest
    )
    return len(list(_definition(old, new))) + contents


def _definition(old: StepRecord, new: StepRecord) -> Iterator[str]:
    if old.definition == new.definition:
        return
    found = list(_marks(old.marks, new.marks))
    yield from found or ["its flags have changed"]


def _marks(old: Marks, new: Marks) -> Iterator[str]:
    for name in dict.fromkeys((*new, *old)):
        if name not in old:
            yield f"{name} is new"
        elif name not in new:
            yield f"{name} is gone"
        elif old[name] != new[name]:
            yield f"{name} has changed"


def _below(old: BaseRecord | None, new: BaseRecord | None) -> Reason:
    if new is None:
        return Reason("below", "the step before it has changed")
    if old is None:
        return Reason("below", "it is now the first step")
    if old.name != new.name:
        return Reason("base", f"it starts from {new.name}, not from {old.name}")
    return Reason("base", " and ".join(_marks(old.marks, new.marks)))


def _contents(
    old: Sequence[ContentRecord], new: Sequence[ContentRecord], find: Find
) -> Iterator[Reason]:
    if len(old) != len(new):
        yield Reason("content", "it takes files from other places")
        return
    for before, after in zip(old, new, strict=True):
        if before.digest != after.digest:  # wherever they come from
            yield from _content(before, after, find)


def _content(old: ContentRecord, new: ContentRecord, find: Find) -> Iterator[Reason]:
    where = f" in {new.source}" if new.source else ""
    found = _changes(old.digest, new.digest, find)
    for change in found[:MOST_FILES]:
        yield Reason("content", f"{change.text}{where}")
    if len(found) > MOST_FILES:
        yield Reason("content", f"{len(found) - MOST_FILES} more files differ{where}")
    if not found:
        yield Reason("content", f"{new.source or 'what it takes'} has changed")


def _changes(old: str, new: str, find: Find) -> Sequence[FileChange]:
    """Which files differ, as far as it is known of both sides which there are."""
    before, after = find(old), find(new)
    return changes(before, after) if before and after else ()

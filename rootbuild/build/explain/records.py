"""What is remembered of a stage, to tell a later build what has changed: marks, never values."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Marks = Mapping[str, str]
"""What is compared, as messages call it -> a mark that tells its values apart."""


@dataclass(frozen=True, slots=True)
class ContentRecord:
    """What a step took: from where, as messages call it, and its digest (also an inventory's)."""

    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step: the key of its result, and all that went into it but for what is below."""

    key: str
    kind: str
    definition: str
    marks: Marks
    contents: tuple[ContentRecord, ...]


@dataclass(frozen=True, slots=True)
class BaseRecord:
    """What a stage starts from: the filesystem's key, its name for messages, and more marks."""

    key: str
    name: str
    marks: Marks


@dataclass(frozen=True, slots=True)
class StageRecord:
    """A stage as far as it was built."""

    base: BaseRecord
    steps: tuple[StepRecord, ...]

    def parent(self, position: int) -> str:
        """The key of what the step at that position was done on top of."""
        return self.steps[position - 1].key if position else self.base.key


def render(record: StageRecord) -> bytes:
    """The record as bytes."""
    base = record.base
    steps = [
        [
            step.key,
            step.kind,
            step.definition,
            dict(step.marks),
            [[content.source, content.digest] for content in step.contents],
        ]
        for step in record.steps
    ]
    whole = [[base.key, base.name, dict(base.marks)], steps]
    return zlib.compress(json.dumps(whole, separators=(",", ":")).encode())


def read(data: bytes) -> StageRecord:
    """The record that `render` wrote."""
    (base, steps) = json.loads(zlib.decompress(data))
    return StageRecord(BaseRecord(*base), tuple(_step(*step) for step in steps))


def _step(
    key: str, kind: str, definition: str, marks: Marks, contents: Sequence[Sequence[str]]
) -> StepRecord:
    return StepRecord(
        key,
        kind,
        definition,
        marks,
        tuple(ContentRecord(source, digest) for source, digest in contents),
    )

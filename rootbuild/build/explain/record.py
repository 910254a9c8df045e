"""How a stage was built, as it is remembered."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

from rootbuild.records import dataclass, field


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step: its key, its title, its facts (`plan.facts`), and the digests of what it took."""

    key: str
    title: str
    facts: dict[str, str]
    contents: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The name of the instruction."""
        return self.facts["instruction"]

    def same(self, other: StepRecord) -> bool:
        """Whether both do the same, with the same files."""
        return (self.facts, self.contents) == (other.facts, other.contents)


@dataclass(frozen=True, slots=True)
class StageRecord:
    """A stage: the key of the filesystem that it starts from, and its steps as far as they went.

    `base` names what that is, as `image`, `id` and `platform`, or as `stage`.
    """

    start: str
    base: dict[str, str] = field(default_factory=dict)
    steps: tuple[StepRecord, ...] = ()

    def pack(self) -> bytes:
        """The record in a form to be kept."""
        steps = [[step.key, step.title, step.facts, step.contents] for step in self.steps]
        text = json.dumps([self.start, self.base, steps], separators=(",", ":"))
        return zlib.compress(text.encode(), 1)


def unpack(data: bytes) -> StageRecord:
    """A record out of that form."""
    start, base, steps = json.loads(zlib.decompress(data))
    return StageRecord(start, base, tuple(_step(*step) for step in steps))


def _step(key: str, title: str, facts: dict[str, str], contents: Sequence[str]) -> StepRecord:
    return StepRecord(key, title, facts, tuple(contents))

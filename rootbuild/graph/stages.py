"""Stages of a Dockerfile and what each needs, as data."""

from __future__ import annotations

from rootbuild.context.origin import Origin
from rootbuild.dockerfile.instructions import AnyInstruction, Dockerfile, From
from rootbuild.image.config import Pairs
from rootbuild.records import dataclass

SCRATCH = "scratch"
Head = tuple[From, tuple[AnyInstruction, ...]]


@dataclass(frozen=True, slots=True)
class ScratchBase:
    """`FROM scratch`: nothing at all, and no layer."""


@dataclass(frozen=True, slots=True)
class ImageBase:
    """An image by the reference that the Dockerfile names, variables expanded.

    A named context may put another reference in its place, also one to an OCI layout.
    `platform` is the one that it is wanted for; empty if that is the build's own target.
    """

    reference: str
    platform: str = ""

    def __str__(self) -> str:
        return f"{self.reference} ({self.platform})" if self.platform else self.reference


@dataclass(frozen=True, slots=True)
class StageBase:
    """An earlier stage, by its number from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class ContextBase:
    """The files of a named context that is no image; `name` is as it was given."""

    name: str
    origin: Origin


Base = ScratchBase | ImageBase | StageBase | ContextBase
Filesystem = ImageBase | StageBase
Source = Filesystem | ContextBase


def keeps_owners(source: Source | None) -> bool:
    """Whether files keep their owners when they are copied; those of contexts become root's.

    None is the build's main context.
    """
    return isinstance(source, ImageBase | StageBase)


@dataclass(frozen=True, slots=True)
class Stage:
    """One `FROM` and what follows it.

    `platform` is what FROM --platform says, normalised. `sources` maps the position of an
    instruction in `instructions` to what its `--from` names.
    """

    index: int
    start: From
    base: Base
    platform: str | None
    instructions: tuple[AnyInstruction, ...]
    sources: tuple[tuple[int, Source], ...]

    @property
    def name(self) -> str:
        """The stage's name as messages show it: `stage-N` if the Dockerfile gives none."""
        return self.start.name or f"stage-{self.index}"

    def sources_of(self, position: int) -> tuple[Source, ...]:
        """What the instruction at that position names with `from`, in the order of its flags."""
        return tuple(source for place, source in self.sources if place == position)

    @property
    def needs(self) -> tuple[int, ...]:
        """The stages that this one is based on or copies from."""
        found = [self.base, *(source for _, source in self.sources)]
        return tuple(sorted({item.index for item in found if isinstance(item, StageBase)}))


@dataclass(frozen=True, slots=True)
class StageGraph:
    """All stages, the one to build, and the ARGs from before the first FROM with their values."""

    dockerfile: Dockerfile
    stages: tuple[Stage, ...]
    target: int
    global_args: Pairs

    def needed(self) -> tuple[Stage, ...]:
        """The target and all that it needs, each after what it needs itself."""
        wanted = {self.target}
        for stage in reversed(self.stages):
            if stage.index in wanted:
                wanted.update(stage.needs)
        return tuple(stage for stage in self.stages if stage.index in wanted)

    def images(self) -> tuple[tuple[ImageBase, Stage], ...]:
        """Each image that the needed stages name, with the first stage that names it."""
        found: dict[ImageBase, Stage] = {}
        for stage in self.needed():
            for item in (stage.base, *(source for _, source in stage.sources)):
                if isinstance(item, ImageBase):
                    found.setdefault(item, stage)
        return tuple(found.items())

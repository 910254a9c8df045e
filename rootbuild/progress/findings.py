"""What a build finds out about itself: for summaries, and for its record in the history."""

from __future__ import annotations

from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class StageOutline:
    """A stage that may be built. `needs` are the names of those that it starts or copies from.

    `steps` are their titles as progress shows them; `base` is what the stage starts from.
    """

    name: str
    base: str
    needs: tuple[str, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The stages of a build, in the order of the file; `target` is the name of the last one."""

    stages: tuple[StageOutline, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why the step of a vertex runs, a line for each reason."""

    vertex: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextSize:
    """What steps take out of a build's context: how much, and the largest files (path, bytes).

    `folders` are those that hold most, with all that is below them.
    """

    files: int
    bytes: int
    largest: tuple[tuple[str, int], ...]
    folders: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the finished image: what made it, and how large it is (-1: not known)."""

    created_by: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Built:
    """The finished image (id, hex), its whole names, its size (-1: not known), its layers."""

    image: str
    names: tuple[str, ...]
    bytes: int = -1
    layers: tuple[Layer, ...] = ()


Finding = Outline | Reasons | ContextSize | Built

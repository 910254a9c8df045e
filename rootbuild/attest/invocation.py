"""A build as its provenance tells of it."""

from __future__ import annotations

from collections.abc import Mapping

from rootbuild.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Material:
    """Something from outside that went into a build: its URI, and its digest (`sha256:...`)."""

    uri: str
    digest: str


@dataclass(frozen=True, slots=True)
class Need:
    """A secret or an agent (by its id) that a build mounts; the build can do without `optional`."""

    id: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A step: its id, what it does (BuildKit's LLB, as JSON), and the ids of those before it.

    `lines` are the Dockerfile's that it was made of: (first, last), from 1.
    """

    id: str
    op: Mapping[str, object]
    inputs: tuple[str, ...] = ()
    lines: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """A build: what it was asked for and made of.

    `source` is where a context was fetched from, if it was; `path` is the Dockerfile's name; `args`
    are BuildKit's (`build-arg:VERSION`, `label:a`, `target`). Dates are RFC 3339. `locals` are the
    folders of this host that it read, by BuildKit's names.
    """

    id: str
    path: str
    platform: str
    started: str
    finished: str
    source: Material | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[Need, ...] = ()
    agents: tuple[Need, ...] = ()
    locals: tuple[str, ...] = ()
    materials: tuple[Material, ...] = ()
    hermetic: bool = False
    dockerfile: bytes = b""
    steps: tuple[Step, ...] = ()
    vcs: Mapping[str, str] = field(default_factory=dict)

"""What a build was asked for, as the command line parsed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rootbuild.backend import NetworkMode, PullPolicy

if TYPE_CHECKING:  # every build imports this module
    from rootbuild.build.checkpoint import LayerPolicy
    from rootbuild.image.config import Pairs


@dataclass(frozen=True, slots=True)
class Secret:
    """`--secret`: where the value of a secret is, which is read only when a step mounts it."""

    id: str
    path: Path | None = None
    env: str | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """`--ssh`: the socket of an SSH agent."""

    id: str
    socket: Path


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """One build. `context` is a folder of the host; `dockerfile` None means the default names.

    `dockerfile` may be `-`: its text is `stdin` then. `tags` are as given by the user.
    """

    context: Path
    dockerfile: str | None = None
    tags: tuple[str, ...] = ()
    build_args: Mapping[str, str] = field(default_factory=dict)
    labels: Pairs = ()
    target: str | None = None
    platform: str | None = None
    no_cache: bool = False
    pull: PullPolicy = "missing"
    layers: LayerPolicy = "auto"
    network: NetworkMode = "default"
    hosts: Pairs = ()
    iidfile: Path | None = None
    allow: frozenset[str] = frozenset()
    secrets: tuple[Secret, ...] = ()
    agents: tuple[Agent, ...] = ()
    stdin: bytes = b""

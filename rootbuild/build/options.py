"""What a build was asked for, as the command line parsed it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rootbuild.attest import options as attestations
from rootbuild.backend import NetworkMode, PullPolicy
from rootbuild.build.remotecache.request import CacheSource, CacheTarget
from rootbuild.context.named import NO_CONTEXTS, NamedContexts
from rootbuild.execution import NO_LIMITS, USUAL_SECURITY, Limits, Security
from rootbuild.outputs.request import Wanted
from rootbuild.records import dataclass, field

if TYPE_CHECKING:  # every build imports this module
    from rootbuild.build.checkpoint import LayerPolicy
    from rootbuild.context.origin import Origin
    from rootbuild.image.config import Pairs
    from rootbuild.image.platform import Platform


@dataclass(frozen=True, slots=True)
class Secret:
    """`--secret`: where the value of a secret is, which is read only when a step mounts it."""

    id: str
    path: Path | None = None
    env: str | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """`--ssh`: the socket of an SSH agent, or files with the keys of one to be started."""

    id: str
    socket: Path | None = None
    keys: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceGrant:
    """`--allow device=NAME[,alias=OTHER]`: steps may have NAME, which they may call OTHER."""

    name: str
    alias: str = ""


class Debugging(NamedTuple):
    """What was asked for: a shell `on_error`, and before the steps at `lines` of the Dockerfile.

    `command` is run instead of a shell.
    """

    on_error: bool = False
    lines: tuple[int, ...] = ()
    command: tuple[str, ...] = ()


NO_DEBUGGING = Debugging()


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """One build. `dockerfile` None means the default names; it may be `-` and a URL.

    `tags` are as given by the user. `no_cache_stages` are names or numbers of stages to do again
    whatever is cached. `jobs` 0 is as many as are usual here. Without `platforms` it is for
    this host; with several the result is an index of one image for each.
    """

    context: Origin
    dockerfile: str | None = None
    tags: tuple[str, ...] = ()
    build_args: Mapping[str, str] = field(default_factory=dict)
    labels: Pairs = ()
    target: str | None = None
    platforms: tuple[Platform, ...] = ()
    no_cache: bool = False
    no_cache_stages: tuple[str, ...] = ()
    pull: PullPolicy = "missing"
    layers: LayerPolicy = "auto"
    jobs: int = 0
    explain: bool = False
    network: NetworkMode = "default"
    hosts: Pairs = ()
    iidfile: Path | None = None
    allow: frozenset[str] = frozenset()
    secrets: tuple[Secret, ...] = ()
    agents: tuple[Agent, ...] = ()
    contexts: NamedContexts = NO_CONTEXTS
    devices: tuple[DeviceGrant, ...] = ()
    limits: Limits = NO_LIMITS
    security: Security = USUAL_SECURITY
    cache_from: tuple[CacheSource, ...] = ()
    cache_to: tuple[CacheTarget, ...] = ()
    debugging: Debugging = NO_DEBUGGING
    wanted: Wanted = field(default_factory=Wanted)
    attest: attestations.Wanted = attestations.NONE

    @property
    def platform(self) -> Platform | None:
        """The platform that was asked for, the first of several."""
        return self.platforms[0] if self.platforms else None

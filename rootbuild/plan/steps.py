"""Steps: instructions with every variable known, as frozen data for the executor.

A step that changes files has a `definition`: what goes into its cache key apart from its parent's
key and the content that it copies. Steps that only change the image's config are not listed; their
effect is in the config and the history.
"""

from __future__ import annotations

import json
from hashlib import sha256
from itertools import groupby
from operator import itemgetter

from rootbuild.backend import NetworkMode
from rootbuild.errors import Location
from rootbuild.execution import NO_LIMITS, USUAL_SECURITY, Limits, Security
from rootbuild.files.inline import InlineFile
from rootbuild.graph.stages import Base, ImageBase, Source, keeps_owners
from rootbuild.image.config import ImageConfig, Pairs
from rootbuild.plan.devices import DeviceRequest
from rootbuild.plan.mounts.cache import CacheMount
from rootbuild.plan.mounts.read import RunMount, reads
from rootbuild.plan.mounts.secret import SecretMount
from rootbuild.plan.mounts.ssh import SshMount
from rootbuild.plan.run import HOSTNAME
from rootbuild.records import dataclass
from rootbuild.remote.sources import HttpSource, RemoteSource


@dataclass(frozen=True, slots=True)
class Reading:
    """Files that a step takes: out of `source`, or out of the build context if that is None.

    `paths` are patterns, unless `exact`. `parents` and `excludes` are the flags of COPY. With
    `remote` they come from there; the path is the name that a file gets, or all of a repository.
    """

    location: Location
    source: Source | None
    paths: tuple[str, ...]
    exact: bool = False
    parents: bool = False
    excludes: tuple[str, ...] = ()
    remote: RemoteSource | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """What tells this from other readings of the same source."""
        if self.remote is not None:
            kind = "file" if isinstance(self.remote, HttpSource) else "repository"
            return ("remote", kind, *self.paths, *self.excludes)
        kind = "exactly" if self.exact else "parents" if self.parents else "patterns"
        return (kind, str(len(self.paths)), *self.paths, *self.excludes)


@dataclass(frozen=True, slots=True)
class RunStep:
    """A command to run. `display` is the process as error messages name it.

    `proxies` reach the command's environment but not the key. `script` is mounted below /dev/pipes.
    `limits` and `security` are the whole build's, but for `security.insecure`.
    """

    location: Location
    title: str
    argv: tuple[str, ...]
    env: Pairs
    cwd: str
    user: str
    network: NetworkMode
    hosts: Pairs
    proxies: Pairs
    mounts: tuple[RunMount, ...] = ()
    script: InlineFile | None = None
    hostname: str = HOSTNAME
    limits: Limits = NO_LIMITS
    security: Security = USUAL_SECURITY
    devices: tuple[DeviceRequest, ...] = ()

    @property
    def definition(self) -> str:
        """Key material: everything that the command can see, apart from files and secrets.

        As in BuildKit, hosts count by their names, not their addresses; of limits, those of
        control groups do not count.
        """
        hosts = [name for name, _ in self.hosts]
        seen: list[object] = [self.argv, self.env, self.cwd, self.user, self.network, hosts]
        if self.mounts or self.script:
            script = sha256(self.script.content).hexdigest() if self.script else ""
            seen += [[mount.definition for mount in self.mounts], script]
        around = {
            "hostname": "" if self.hostname == HOSTNAME else self.hostname,
            "ulimits": [(one.name, one.soft, one.hard) for one in self.limits.ulimits],
            "shm": self.limits.shm_size,
            "cgroup": self.limits.resources.cgroup_parent,
            "insecure": self.security.insecure,
            "devices": [(device.name, device.required) for device in self.devices],
        }
        given = {key: value for key, value in around.items() if value}
        return _definition("RUN", *seen, *([given] if given else []))

    @property
    def unrepeatable(self) -> bool:
        """Whether it may come out differently, or fail, when it is run again with the same key."""
        return any(isinstance(mount, CacheMount | SecretMount | SshMount) for mount in self.mounts)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What is mounted, and what caches begin with, in the order of the mounts."""
        return tuple(
            Reading(self.location, mount.source, (mount.path,), exact=True)
            for mount in self.mounts
            if reads(mount)
        )

    @property
    def display(self) -> str:
        """The command line as BuildKit names it in errors."""
        return " ".join(self.argv)


@dataclass(frozen=True, slots=True)
class CopyStep:
    """Files to copy, by COPY or ADD; `source` None is the build context. Paths are as expanded.

    `link` is --link where it makes a difference; `unpack` says that archives are extracted, and
    `unpack_remotes` that those from elsewhere are. `remotes` tells of each of the sources whether
    it is a remote one; it is empty if none is. `created` is SOURCE_DATE_EPOCH: the date of what is
    made, else that of the sources.
    """

    location: Location
    title: str
    source: Source | None
    sources: tuple[str, ...]
    inline: tuple[InlineFile, ...]
    destination: str
    workdir: str
    chown: str | None
    chmod: str | None
    parents: bool = False
    excludes: tuple[str, ...] = ()
    link: bool = False
    unpack: bool = False
    remotes: tuple[RemoteSource | None, ...] = ()
    unpack_remotes: bool = False
    created: int | None = None

    @property
    def definition(self) -> str:
        """Key material, apart from the content that is copied."""
        inline = [(file.name, sha256(file.content).hexdigest()) for file in self.inline]
        return _definition(
            "COPY",
            [reading.marks for reading in self.readings],
            inline,
            self.destination,
            self.workdir,
            self.chown,
            self.chmod,
            not keeps_owners(self.source),
            self.link,
            self.unpack,
            *([self.unpack_remotes] if self.remotes else []),
            self.created,
        )

    @property
    def independent(self) -> bool:
        """Whether it looks at nothing that is below, as names of users would have to be."""
        owners = (self.chown or "0").replace(":", "")
        return self.link and owners.isascii() and owners.isdecimal()

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What is copied, in order; heredocs are part of the step itself."""
        remotes = self.remotes or (None,) * len(self.sources)
        found: list[Reading] = []
        for remote, group in groupby(zip(remotes, self.sources, strict=True), itemgetter(0)):
            paths = tuple(path for _, path in group)
            found.append(self._reading(paths) if remote is None else self._fetching(remote))
        return tuple(found)

    def _reading(self, paths: tuple[str, ...]) -> Reading:
        return Reading(
            self.location, self.source, paths, parents=self.parents, excludes=self.excludes
        )

    def _fetching(self, remote: RemoteSource) -> Reading:
        name = remote.name if isinstance(remote, HttpSource) else "."
        return Reading(self.location, None, (name,), excludes=self.excludes, remote=remote)


@dataclass(frozen=True, slots=True)
class WorkdirStep:
    """A folder to make if it is missing, owned by `user`; `created` as for a CopyStep."""

    location: Location
    title: str
    path: str
    user: str
    created: int | None = None

    @property
    def definition(self) -> str:
        """Key material."""
        return _definition("WORKDIR", self.path, self.user, self.created)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Nothing."""
        return ()


Step = RunStep | CopyStep | WorkdirStep


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage ready to be built: its steps, and the config of the image that it makes.

    `platform` is what its programs are for, which the config of the target need not say. `config`
    has no diff ids yet; its history is complete. `label` is how progress names the stage
    (empty when the Dockerfile has only one).
    """

    index: int
    label: str
    name: str
    location: Location
    base: Base
    platform: str
    steps: tuple[Step, ...]
    config: ImageConfig

    @property
    def total(self) -> int:
        """How many numbered steps progress shows: those that change files, and an image base."""
        return len(self.steps) + (1 if self.first else 0)

    @property
    def first(self) -> bool:
        """Whether the FROM line is a numbered step of its own (an image has to be there)."""
        return isinstance(self.base, ImageBase)


def _definition(kind: str, *parts: object) -> str:
    return json.dumps([kind, *parts], separators=(",", ":"))

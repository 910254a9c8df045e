"""The contract with engines, and how they are found.

Two protocols: a `Backend` builds images, a `Runtime` runs containers. Each is registered by an
entry point, in the groups `rootbuild.backends` and `rootbuild.runtimes`; ours are registered the
same way as a third party's would be. `rootbuild.testing` holds a backend to this contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, Protocol, TypeVar, cast

from rootbuild import plugins
from rootbuild.errors import HostError
from rootbuild.execution import Bind as Bind
from rootbuild.execution import Exec as Exec
from rootbuild.execution import Memory as Memory
from rootbuild.execution import Mount as Mount
from rootbuild.execution import NetworkMode as NetworkMode
from rootbuild.records import dataclass, field

if TYPE_CHECKING:  # nobody has to choose while there is nothing to do
    from rootbuild.choices import Choices, Question, Way

BACKENDS = "rootbuild.backends"

PullPolicy = Literal["always", "missing", "never"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an engine cannot work on this host, and the line that mends it."""

    message: str
    hint: str = ""
    id: str = "engine-unusable"


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image of the local store.

    `id` is the hex digest of its config, without `sha256:`; `names` are whole references
    (`docker.io/library/alpine:latest`); `created` is RFC 3339; `size` is in bytes, -1 if unknown.
    An index has `instances`, the ids of its images as far as the store has them, and no config.
    """

    id: str
    names: tuple[str, ...] = ()
    digest: str = ""
    created: str = ""
    size: int = -1
    instances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layers:
    """The filesystem of an image of the store: its id, and its layers' diff ids from the bottom."""

    image: str
    diff_ids: tuple[str, ...]


# The diff ids of all layers of an image, from the bottom -> the image's config.
Describe = Callable[[tuple[str, ...]], bytes]


class Backend(Protocol):
    """What a build needs from an engine.

    All verbs that take or give a container, and `create_image`, are called inside the namespace
    that `enter` leads to; `images`, `config`, `tag`, `pull` and `load` also work outside of it.
    Several threads may call at once, but not for the same container.
    """

    name: str

    def check(self) -> Problem | None:
        """Why this engine cannot build here, or nothing. Cheap: looks, starts no program."""
        ...

    def ways(self) -> Mapping[Question, Sequence[Way]]:
        """The questions that steps leave open here, and the ways to answer each, likeliest first.

        To be attempted inside of the namespace. What is not installed is left out.
        """
        ...

    def advise(self, choices: Choices) -> None:
        """Ask `choices` from now on; before, the first way that works is gone."""
        ...

    def enter(self, argv: Sequence[str]) -> tuple[str, ...] | None:
        """The command that runs `argv` inside the build's user namespace; None if we are there."""
        ...

    def images(self) -> Sequence[StoredImage]:
        """All images of the local store. Starts no program where the store's layout is known."""
        ...

    def config(self, image: str) -> bytes:
        """The config of a stored image (JSON, as its id was computed from). KeyError if unknown."""
        ...

    def pull(self, reference: str, policy: PullPolicy, platform: str | None) -> str:
        """Bring an image from its registry into the store; gives its id.

        `reference` is whole (registry, repository, tag or digest). Raises ImageNotFoundError, or
        RegistryError if its registry is the cause.
        """
        ...

    def load(self, layout: Path, manifest: str) -> str:
        """Bring an image into the store out of a folder in OCI layout; gives its id.

        `manifest` is the digest of the image's manifest, which is known to be there.
        """
        ...

    def session(self) -> AbstractContextManager[object]:
        """Wraps one build: what its steps share (such as a network) ends with the block."""
        ...

    def start(self, image: str | None, name: str) -> AbstractContextManager[str]:
        """A working container on top of an image (id), or of nothing; removed on the way out.

        `name` is unique, and noted by the caller for `sweep` before the container is made.
        """
        ...

    def mount(self, container: str) -> AbstractContextManager[Path]:
        """The container's root filesystem as a host path, for the length of the block."""
        ...

    def run(self, container: str, command: Exec, output: IO[bytes]) -> int:
        """Run a process in the container; gives its exit code (128 + signal if one killed it).

        Both its streams go to `output`, a descriptor. It has no standard input. Mounts, hosts and
        resolv.conf leave nothing in the container's filesystem. Raises HostError, before anything
        of it has run, for what this engine or this host cannot give it; nothing is left out.
        """
        ...

    def stop(self) -> None:
        """End what other threads wait for: `run` then gives an exit code, other verbs raise.

        May come from any thread, and again and again. What is called later is done as ever.
        """
        ...

    def moved(self, what: str) -> int:
        """How many bytes of something are there by now, for progress; 0 where nobody knows.

        `what` is a container whose layer is being written, or a reference that is being pulled.
        """
        ...

    def commit(self, container: str) -> Layers:
        """Keep what changed since `start` as one more layer, in an image without a name.

        The container stays usable, and further commits hold all changes since `start`.
        """
        ...

    def finish(self, container: str, describe: Describe, names: Sequence[str]) -> Layers:
        """As `commit`, with exactly the config that `describe` gives, and `names` as by `tag`.

        The container can only be ended after that.
        """
        ...

    def create_image(self, config: bytes, names: Sequence[str] = ()) -> str:
        """Make an image out of layers that the store has, with exactly this config; gives its id.

        The layers are those of the config's `rootfs.diff_ids`; `names` are given as by `tag`.
        """
        ...

    def create_index(self, images: Sequence[str], names: Sequence[str]) -> str:
        """Make an index of images (ids), each for another platform; gives its id in the store.

        `names` are given as by `tag`, of which there is at least one.
        """
        ...

    def tag(self, image: str, *names: str) -> None:
        """Give an image (id) more names (whole references), taking them from whoever had them."""
        ...

    def remove(self, images: Sequence[str]) -> None:
        """Remove images (ids) that have no name; those in use or unknown are left alone."""
        ...

    def sweep(self, containers: Sequence[str]) -> None:
        """Remove working containers that a build which was killed left behind; unknown is fine."""
        ...


@dataclass(frozen=True, slots=True)
class StoredContainer:
    """A container, running or not: its whole id, its names, and `created|running|exited|...`.

    `networks` are the names of the networks that it joins when it runs, `image` is its image's id.
    `size` is what it has written, in bytes, -1 if that was not asked for.
    """

    id: str
    names: tuple[str, ...]
    status: str = ""
    networks: tuple[str, ...] = ()
    image: str = ""
    size: int = -1


@dataclass(frozen=True, slots=True)
class StoredVolume:
    """A volume. Nobody chose the name of an `anonymous` one."""

    name: str
    path: str = ""
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class StoredNetwork:
    """A network. `subnets` are (subnet, gateway, range of addresses to give away or nothing).

    `names` tells whether a name server answers for its containers.
    """

    id: str
    name: str
    driver: str = "bridge"
    created: str = ""
    internal: bool = False
    ipv6: bool = False
    subnets: tuple[tuple[str, str, str], ...] = ()
    ipam: str = "default"
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    names: bool = True


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says about itself and this host.

    `status` are more words about the storage, in pairs; `plugins` are names by kind (`volume`,
    `network`, `log`); `confinement` names what confines processes (`seccomp`); `memory` is
    in bytes.
    """

    version: str
    driver: str
    root: str
    status: tuple[tuple[str, str], ...] = ()
    running: int = 0
    paused: int = 0
    stopped: int = 0
    cgroup_driver: str = ""
    cgroup_version: str = ""
    kernel: str = ""
    distribution: str = ""
    distribution_version: str = ""
    cpus: int = 0
    memory: int = 0
    hostname: str = ""
    runtime: str = ""
    log_driver: str = ""
    plugins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    confinement: tuple[str, ...] = ()
    rootless: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in Docker's words: a `container` (kind) was `start`ed (action).

    `attributes` hold its labels, its name, and its image's; `nanoseconds` are since 1970.
    """

    kind: str
    action: str
    id: str
    attributes: Mapping[str, str]
    nanoseconds: int


class Runtime(Protocol):
    """What running containers needs from an engine: a docker-shaped command line of its own.

    The other verbs only look. They are asked to explain a failure, or to tell names apart, instead
    of reading the engine's messages.
    """

    name: str
    default_network: str
    """What the engine calls Docker's network `bridge`."""

    def check(self) -> Problem | None:
        """Why this engine cannot run containers here, or nothing. Starts no program."""
        ...

    def advise(self, choices: Choices) -> None:
        """Do as `choices` says from now on, where containers are made."""
        ...

    def command(self, arguments: Sequence[str]) -> tuple[str, ...]:
        """The whole argv for docker-shaped `arguments` (`("network", "ls")`)."""
        ...

    def environment(self) -> Mapping[str, str]:
        """What `command` needs in its environment in addition to ours."""
        ...

    def prepare(self) -> None:
        """Put right what would keep a container from starting well; cheap when all is right."""
        ...

    def settle(self) -> None:
        """Put right what the engine may leave when a container leaves a network while it runs."""
        ...

    def images(self) -> Sequence[StoredImage]:
        """All images of the local store."""
        ...

    def info(self) -> EngineInfo:
        """What this engine and this host are."""
        ...

    def event(self, line: bytes) -> Event:
        """Read a line of `events` that was printed with the format `{{json .}}`."""
        ...

    def containers(self, *, sizes: bool = False) -> Sequence[StoredContainer]:
        """All containers, also those that do not run. To find out `sizes` takes longer."""
        ...

    def networks(self) -> Sequence[tuple[str, str]]:
        """(id, name) of all networks."""
        ...

    def described_networks(self, names: Sequence[str]) -> Sequence[StoredNetwork]:
        """What is known about networks that are there."""
        ...

    def volumes(self, *, unused: bool = False) -> Sequence[StoredVolume]:
        """All volumes, or those that no container uses."""
        ...


def load_backends() -> dict[str, Backend]:
    """All registered backends by name. A plugin that does not load is an error, not skipped."""
    found = cast("dict[str, type[Backend]]", plugins.load(BACKENDS))
    return {name: engine() for name, engine in found.items()}


def choose_backend(wanted: str | None = None) -> Backend:
    """The backend of that name, or the first that works here (buildah before others).

    Those behind it are not loaded.
    """
    found = plugins.targets(BACKENDS)
    if wanted is not None:
        if wanted not in found:
            raise HostError(
                f"there is no backend {wanted!r}",
                id="unknown-backend",
                hint="installed backends: " + ", ".join(sorted(found)),
            )
        found = {wanted: found[wanted]}
    return first_usable(_made(target) for _, target in sorted(found.items()))


def passed_over(chosen: str) -> tuple[str, ...]:
    """Why those backends cannot work here that `choose_backend` prefers to the chosen one."""
    before = sorted(name for name in plugins.targets(BACKENDS) if name < chosen)
    problems = (_made(plugins.targets(BACKENDS)[name]).check() for name in before)
    return tuple(problem.message for problem in problems if problem is not None)


def _made(target: str) -> Backend:
    return cast("type[Backend]", plugins.resolve(target))()


Engine = TypeVar("Engine", Backend, Runtime)


def first_usable(engines: Iterable[Engine]) -> Engine:
    """The first of them that works here.

    Raises HostError: why the first that is installed does not, or that the first is not.
    """
    problems: list[Problem] = []
    there: list[Problem] = []
    for engine in engines:
        found = engine.check()
        if found is None:
            return engine
        problems.append(found)
        if found.id not in (f"{engine.name}-missing", "program-missing"):
            there.append(found)
    nothing = Problem(
        "no engine is installed", "pip install rootbuild again: its entry points are missing"
    )
    problem = next(iter((*there, *problems)), nothing)
    raise HostError(problem.message, hint=problem.hint, id=problem.id)

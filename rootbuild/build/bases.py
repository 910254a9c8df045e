"""The images that a build starts from: found in the store, or pulled into it."""

from __future__ import annotations

from collections.abc import Container, Sequence

from rootbuild.backend import Backend, PullPolicy
from rootbuild.build.layouts import load_layout
from rootbuild.build.store import Store
from rootbuild.build.vertices import Vertices
from rootbuild.cache.database import Cache
from rootbuild.dockerfile.quote import quoted
from rootbuild.errors import (
    DockerfileError,
    ImageNotFoundError,
    Location,
    RegistryError,
    RootbuildError,
    UsageError,
)
from rootbuild.graph.stages import ImageBase, StageGraph
from rootbuild.image.config import parse_config, platform_of
from rootbuild.image.layout import find_in_layout, is_layout
from rootbuild.image.platform import Platform, build_platform, fits, parse_platform
from rootbuild.image.reference import is_id, parse
from rootbuild.plan.keys import key
from rootbuild.plan.plan import BaseImage
from rootbuild.records import dataclass
from rootbuild.registry.credentials import handed


@dataclass(frozen=True, slots=True)
class Pulled:
    """Which images were pulled for which platform, as a store's name has room for one alone.

    `target` is what images are wanted for that do not say so themselves.
    """

    cache: Cache
    target: Platform

    def wanted(self, image: ImageBase) -> Platform:
        """The platform that an image is wanted for."""
        return parse_platform(image.platform) if image.platform else self.target

    def find(self, image: ImageBase) -> str | None:
        """The id of what was pulled for this image before; it may be gone."""
        return self.cache.pulled(self._key(image))

    def remember(self, image: ImageBase, identity: str) -> None:
        """Note what was pulled for an image."""
        self.cache.remember_pulled(self._key(image), identity)

    def _key(self, image: ImageBase) -> str:
        return key("pulled", parse(image.reference).exact, str(self.wanted(image)))


def find_bases(
    graph: StageGraph,
    store: Store,
    backend: Backend,
    policy: PullPolicy,
    pulled: Pulled,
    known: Container[ImageBase] = (),
) -> tuple[dict[ImageBase, BaseImage], tuple[ImageBase, ...]]:
    """The images that the build names: those at hand, and those that have to be pulled.

    An image for another platform than is wanted is not at hand, unless it is named by its id. Those
    that are `known` already are not looked for.
    """
    found: dict[ImageBase, BaseImage] = {}
    missing = []
    for image, _ in graph.images():
        if image in known:
            continue
        try:
            hit = _at_hand(image, store, backend, policy, pulled)
        except RootbuildError as error:
            error.locate(_line(graph, image), graph.dockerfile.source)
            raise
        if hit is None:
            missing.append(image)
        else:
            found[image] = hit
    return found, tuple(missing)


def pull_bases(
    graph: StageGraph, missing: Sequence[ImageBase], puller: Puller
) -> dict[ImageBase, BaseImage]:
    """Bring images into the store.

    Raises ImageNotFoundError or RegistryError at the stage that names one.
    """
    found = {}
    for image in missing:
        try:
            found[image] = puller.pull(image)
        except (ImageNotFoundError, RegistryError) as error:
            error.locate(_line(graph, image), graph.dockerfile.source)
            raise
    return found


class Puller:
    """Brings images into the store, each for the platform that it is wanted for.

    A name that the store had for another platform stays with that image. Of several that one build
    pulls, this host's has it. `names` tells whose a name is now, for all platforms alike.
    """

    def __init__(
        self,
        names: dict[str, str],
        store: Store,
        backend: Backend,
        policy: PullPolicy,
        pulled: Pulled,
        vertices: Vertices,
    ) -> None:
        self._store = store
        self._backend = backend
        self._policy = policy
        self._pulled = pulled
        self._vertices = vertices
        self._named = names

    def pull(self, image: ImageBase) -> BaseImage:
        """The image, pulled. Raises ImageNotFoundError, RegistryError."""
        if is_layout(image.reference):
            wanted = self._pulled.wanted(image)
            loaded = load_layout(image.reference, wanted, self._backend, self._vertices)
            return _loaded(image.reference, loaded, self._backend)
        if is_id(image.reference):
            raise ImageNotFoundError(f"no such image: {image.reference}")
        name, wanted = parse(image.reference).exact, self._pulled.wanted(image)
        other = self._other(name, wanted)
        with self._vertices.open(f"[internal] pull {name}") as vertex:
            vertex.gauge("downloading", lambda: (self._backend.moved(name), 0))
            identity = self._fetch(name, wanted, other)
            if other and (name in self._store.by_name or wanted != build_platform()):
                self._backend.tag(other.id, name)
            else:
                self._named[name] = identity
        self._pulled.remember(image, identity)
        return _loaded(name, identity, self._backend)

    def _other(self, name: str, wanted: Platform) -> BaseImage | None:
        """What has the name now, if that is for another platform."""
        if name not in self._named:
            return None
        base = _loaded(name, self._named[name], self._backend)
        return None if _fits(base, wanted) else base

    def _fetch(self, name: str, wanted: Platform, other: BaseImage | None) -> str:
        policy: PullPolicy = "always" if other else self._policy
        platform = None if wanted == build_platform() else str(wanted)
        try:
            with handed(parse(name).registry):
                return self._backend.pull(name, policy, platform)
        except (ImageNotFoundError, RegistryError) as error:
            if other is None:
                raise
            raise ImageNotFoundError(
                f"{name} is in the local store for {platform_of(other.config)} alone, "
                f"and could not be pulled for {wanted}",
                hint="build it, or the whole, for the same platform: --platform or FROM --platform",
                detail=error.report.detail,
            ) from error


def _check_name(image: ImageBase) -> None:
    try:
        if not is_id(image.reference):
            parse(image.reference)
    except UsageError as error:
        raise DockerfileError(
            f"failed to parse stage name {quoted(image.reference)}: {error.report.message}",
            hint=error.report.hint,
            id=error.id,
        ) from error


def _at_hand(
    image: ImageBase, store: Store, backend: Backend, policy: PullPolicy, pulled: Pulled
) -> BaseImage | None:
    if is_layout(image.reference):
        known = find_in_layout(image.reference, pulled.wanted(image)).id
        return _loaded(image.reference, known, backend) if known in store.ids else None
    _check_name(image)
    hit = None if policy == "always" else store.find(image.reference)
    if hit is None:
        return None
    name, stored = hit
    if stored.instances:
        loaded = (_loaded(name, one, backend) for one in stored.instances if one in store.ids)
        return next((base for base in loaded if _fits(base, pulled.wanted(image))), None)
    base = _loaded(name, stored.id, backend)
    if is_id(image.reference) or _fits(base, pulled.wanted(image)):
        return base
    other = pulled.find(image)
    return _loaded(name, other, backend) if other in store.ids else None


def _fits(base: BaseImage, wanted: Platform) -> bool:
    made_for = platform_of(base.config)
    return made_for is None or fits(made_for, wanted)


def _loaded(name: str, identity: str, backend: Backend) -> BaseImage:
    return BaseImage(name, identity, parse_config(backend.config(identity)))


def _line(graph: StageGraph, image: ImageBase) -> Location:
    """Where a reference stands: the FROM line, or the instruction that copies from it."""
    for stage in graph.needed():
        if stage.base == image:
            return stage.start.location
        for position, source in stage.sources:
            if source == image:
                return stage.instructions[position].location
    raise AssertionError(f"{image} is not in the graph")

"""Which image of the store a reference means, by Docker's short-name rule."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from rootbuild.backend import Backend, PullPolicy, StoredImage
from rootbuild.build.layouts import find_layout, load_layout
from rootbuild.build.vertices import Vertices
from rootbuild.errors import ImageNotFoundError, Location, RootbuildError
from rootbuild.graph.stages import ImageBase, StageGraph
from rootbuild.image.config import parse_config
from rootbuild.image.layout import is_layout
from rootbuild.image.reference import Reference, is_id, parse
from rootbuild.plan.plan import BaseImage


@dataclass(frozen=True, slots=True)
class Store:
    """The store's images, indexed by name, as they were when it was read."""

    images: tuple[StoredImage, ...]
    by_name: dict[str, StoredImage]
    ids: frozenset[str]

    def find(self, text: str) -> tuple[str, StoredImage] | None:
        """The image that a reference or a whole id means, and the name under which it was found.

        A short name is Docker Hub's; failing that, one that buildah or podman made (`localhost/`).
        """
        if is_id(text):
            digits = text.removeprefix("sha256:")
            return next(((text, image) for image in self.images if image.id == digits), None)
        reference = parse(text)
        for name in local_names(reference):
            if name in self.by_name:
                return name, self.by_name[name]
        return self._by_digest(reference)

    def _by_digest(self, reference: Reference) -> tuple[str, StoredImage] | None:
        if not reference.digest:
            return None
        for image in self.images:
            if image.digest == reference.digest:
                return str(reference), image
        return None


def read_store(backend: Backend) -> Store:
    """Read the store's index."""
    images = tuple(backend.images())
    by_name = {name: image for image in images for name in image.names}
    return Store(images, by_name, frozenset(image.id for image in images))


def local_names(reference: Reference) -> tuple[str, ...]:
    """The names that a reference may have in the store, best first."""
    names = [str(reference)]
    if reference.registry == "docker.io":
        names.append(f"localhost/{reference.familiar}")
    return tuple(names)


def find_bases(
    graph: StageGraph,
    store: Store,
    backend: Backend,
    policy: PullPolicy,
    known: Container[ImageBase] = (),
) -> tuple[dict[ImageBase, BaseImage], tuple[ImageBase, ...]]:
    """The images that the build names: those at hand, and those that have to be pulled.

    Those that are `known` already are not looked for.
    """
    found: dict[ImageBase, BaseImage] = {}
    missing = []
    for image, stage in graph.images():
        if image in known:
            continue
        try:
            hit = _hit(image, stage.platform, store, policy)
        except RootbuildError as error:
            error.locate(_line(graph, image), graph.dockerfile.source)
            raise
        if hit is None:
            missing.append(image)
        else:
            found[image] = _loaded(hit[0], hit[1].id, backend)
    return found, tuple(missing)


def _hit(
    image: ImageBase, platform: str | None, store: Store, policy: PullPolicy
) -> tuple[str, StoredImage] | None:
    if is_layout(image.reference):
        known = store.find(find_layout(image.reference, platform).id)
        return None if known is None else (image.reference, known[1])
    return None if policy == "always" else store.find(image.reference)


def pull_bases(
    graph: StageGraph,
    missing: Sequence[ImageBase],
    backend: Backend,
    policy: PullPolicy,
    vertices: Vertices,
) -> dict[ImageBase, BaseImage]:
    """Bring images into the store. Raises ImageNotFoundError at the stage that names one."""
    named = dict(graph.images())
    pulled = {}
    for image in missing:
        stage = named[image]
        try:
            pulled[image] = _pull(image, stage.platform, backend, policy, vertices)
        except ImageNotFoundError as error:
            error.locate(_line(graph, image), graph.dockerfile.source)
            raise
    return pulled


def _pull(
    image: ImageBase,
    platform: str | None,
    backend: Backend,
    policy: PullPolicy,
    vertices: Vertices,
) -> BaseImage:
    if is_layout(image.reference):
        loaded = load_layout(image.reference, platform, backend, vertices)
        return _loaded(image.reference, loaded, backend)
    if is_id(image.reference):
        raise ImageNotFoundError(f"no such image: {image.reference}")
    name = parse(image.reference).exact
    with vertices.open(f"[internal] pull {name}"):
        identity = backend.pull(name, "always" if policy == "always" else "missing", platform)
    return _loaded(name, identity, backend)


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

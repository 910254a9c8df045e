"""The images that a build starts from: found in the store, or pulled into it."""

from __future__ import annotations

from collections.abc import Sequence

from rootbuild.backend import Backend, PullPolicy
from rootbuild.build.store import Store
from rootbuild.build.vertices import Vertices
from rootbuild.errors import ImageNotFoundError, Location, RootbuildError
from rootbuild.graph.stages import ImageBase, StageGraph
from rootbuild.image.config import parse_config
from rootbuild.image.reference import is_id, parse
from rootbuild.plan.plan import BaseImage


def find_bases(
    graph: StageGraph, store: Store, backend: Backend, policy: PullPolicy
) -> tuple[dict[ImageBase, BaseImage], tuple[ImageBase, ...]]:
    """The images that the build names: those at hand, and those that have to be pulled."""
    found: dict[ImageBase, BaseImage] = {}
    missing = []
    for image, stage in graph.images():
        try:
            hit = None if policy == "always" else store.find(image.reference)
        except RootbuildError as error:
            error.locate(stage.start.location, graph.dockerfile.source)
            raise
        if hit is None:
            missing.append(image)
        else:
            found[image] = _loaded(hit[0], hit[1].id, backend)
    return found, tuple(missing)


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

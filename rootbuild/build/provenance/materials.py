"""What came from outside into a build, each with a digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from rootbuild.attest.invocation import Material
from rootbuild.attest.names import image_url
from rootbuild.graph.stages import ContextBase, ImageBase
from rootbuild.image.platform import build_platform
from rootbuild.plan.plan import Plan
from rootbuild.records import dataclass
from rootbuild.remote.sources import GitSource, HttpSource, RemoteSource


@dataclass(frozen=True, slots=True)
class Sources:
    """Which digests there are of what came from outside.

    `image` gives that of an image's manifest by the image's id, or nothing; `remote` a checksum
    (`sha256:...`) or a commit.
    """

    image: Callable[[str], str]
    remote: Callable[[RemoteSource], str]


def materials(plan: Plan, sources: Sources, context: RemoteSource | None) -> Iterator[Material]:
    """Images and what was fetched, each once. Folders of this host have no digest to name."""
    for image, base in plan.images.items():
        digest = sources.image(base.id)
        if digest:
            platform = image.platform or _platform(plan, image)
            yield Material(image_url(base.name, digest, platform), digest)
    remotes = _remotes(plan) if context is None else chain((context,), _remotes(plan))
    for remote in dict.fromkeys(remotes):
        yield fetched(remote, sources)


def _platform(plan: Plan, image: ImageBase) -> str:
    """The platform of the stages on an image; one that is only copied from has this host's."""
    platforms = (stage.platform for stage in plan.stages if stage.base == image)
    return next(platforms, str(build_platform()))


def _remotes(plan: Plan) -> Iterator[RemoteSource]:
    for stage in plan.stages:
        origin = stage.base.origin if isinstance(stage.base, ContextBase) else None
        if isinstance(origin, HttpSource | GitSource):
            yield origin
        for step in stage.steps:
            yield from (reading.remote for reading in step.readings if reading.remote is not None)


def fetched(source: RemoteSource, sources: Sources) -> Material:
    """A file by its checksum, a repository by its commit."""
    found = sources.remote(source)
    return Material(source.shown, found if ":" in found else f"sha1:{found.partition(' ')[0]}")

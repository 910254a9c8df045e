"""Images out of OCI layouts, known by their ids, so that the store is asked before the engine."""

from __future__ import annotations

from rootbuild.backend import Backend
from rootbuild.build.vertices import Vertices
from rootbuild.errors import DockerfileError
from rootbuild.image.layout import LayoutImage, find_in_layout, parse_layout
from rootbuild.image.platform import build_platform, parse_platform


def find_layout(reference: str, platform: str | None) -> LayoutImage:
    """The image that a reference means, for a platform (None: this host's).

    Raises ImageNotFoundError, DockerfileError for what is no platform.
    """
    try:
        wanted = build_platform() if platform is None else parse_platform(platform)
    except ValueError as error:
        raise DockerfileError(f"failed to parse platform {platform}: {error}") from error
    return find_in_layout(reference, wanted)


def load_layout(reference: str, platform: str | None, backend: Backend, vertices: Vertices) -> str:
    """Bring the image into the store; gives its id."""
    image = find_layout(reference, platform)
    with vertices.open(f"[internal] load {reference}"):
        return backend.load(parse_layout(reference).folder, image.manifest)

"""podman as the engine that builds, where there is no buildah."""

from __future__ import annotations

from rootbuild.backend import Problem
from rootbuild_oci import hostcheck
from rootbuild_oci.backend import OciBackend
from rootbuild_oci.engine import Engine, OwnWays
from rootbuild_podman import answers, argv


class PodmanBackend(OciBackend):
    """Builds images with podman. `ways` and `overlays` are for tests, see `Builder`."""

    def __init__(self, ways: tuple[str, ...] | None = None, *, overlays: bool = True) -> None:
        engine = Engine("podman", _check, argv, answers, _own_ways, scratch=False)
        super().__init__(engine, ways, overlays=overlays)


def _check() -> Problem | None:
    return hostcheck.check(argv.PODMAN)


def _own_ways() -> OwnWays:
    from rootbuild_podman import own_way  # for steps alone

    return own_way

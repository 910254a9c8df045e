"""The backend: what is buildah's in it, put together."""

from __future__ import annotations

from rootbuild.backend import Problem
from rootbuild_buildah import answers, argv
from rootbuild_oci import hostcheck
from rootbuild_oci.backend import OciBackend
from rootbuild_oci.engine import Engine, OwnWays


class BuildahBackend(OciBackend):
    """Builds images with buildah. `ways` and `overlays` are for tests, see `Builder`."""

    def __init__(self, ways: tuple[str, ...] | None = None, *, overlays: bool = True) -> None:
        engine = Engine("buildah", _check, argv, answers, _own_ways)
        super().__init__(engine, ways, overlays=overlays)


def _check() -> Problem | None:
    return hostcheck.check(argv.BUILDAH)


def _own_ways() -> OwnWays:
    from rootbuild_buildah import fallback  # for steps alone

    return fallback

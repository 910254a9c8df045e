"""Pulls by an engine that fail: why, and whether it is worth another try.

The registry is asked once more, by us, and what it says is told: engines say it in many words, each
in its own way. They also give up when a connection is cut in the middle, which passes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from rootbuild.errors import HostError, ImageNotFoundError, RegistryError, RootbuildError
from rootbuild.image.platform import build_platform, parse_platform
from rootbuild.image.reference import Reference
from rootbuild.records import replace
from rootbuild.registry.client import Registries
from rootbuild.registry.images import find_remote
from rootbuild.web.patience import Patience

LOCAL = "localhost"
"""What engines put in front of names that are of no registry."""

_SHORT = Patience(attempts=1, timeout=10.0)
_FAILED = "pull-failed"
_PAUSES = (1.0, 2.0)

Result = TypeVar("Result")


def persistently(attempt: Callable[[], Result], wanted: Reference, platform: str | None) -> Result:
    """What `attempt` gives, which has an engine pull an image and raises ImageNotFoundError.

    It is made again after a pause while the registry has the image. Raises what `why_not_pulled`
    gives.
    """
    for pause in (*_PAUSES, None):
        try:
            return attempt()
        except ImageNotFoundError as error:
            told = why_not_pulled(wanted, platform, error)
            if pause is None or told.id != _FAILED:
                raise told from error
        time.sleep(pause)
    raise AssertionError("no attempt was made")


def why_not_pulled(
    wanted: Reference, platform: str | None, error: ImageNotFoundError
) -> RootbuildError:
    """What to raise instead of `error`, which says that an engine could not pull an image.

    It is that one where the registry does not have the image, or tells nothing new; a RegistryError
    with the engine's words as its detail where it is out of reach, refuses, or has the image.
    """
    if wanted.registry == LOCAL:
        return error
    try:
        chosen = parse_platform(platform) if platform else build_platform()
        found = find_remote(Registries(_SHORT), wanted, chosen)
    except RegistryError as told:
        return _put_in_front(told, wanted, error)
    except (HostError, ValueError):
        return error
    if found is None:
        return error
    return RegistryError(
        f"{wanted.exact} is in its registry, but could not be pulled",
        id=_FAILED,
        hint="it was tried several times; what the engine says last is the cause",
        detail=error.report.detail,
        exit_code=error.exit_code,
    )


def _put_in_front(
    told: RegistryError, wanted: Reference, error: ImageNotFoundError
) -> RootbuildError:
    told.report = replace(
        told.report,
        message=f"{wanted.exact} is not here and could not be pulled: {told.report.message}",
        detail=error.report.detail,
    )
    told.exit_code = error.exit_code
    return told

"""Where this user's files are kept: as `platformdirs` says, by the XDG specification.

Loading it takes a tenth of the time of a build with nothing to do, which needs no more than the
cache. So the rule for usual environments is written out; a test holds it against `platformdirs`.
"""

from __future__ import annotations

import os
from pathlib import Path

NAME = "rootbuild"


def cache_folder() -> Path:
    """What may be deleted at any time, at the cost of time."""
    usual = _usual("XDG_CACHE_HOME", "~/.cache")
    if usual is not None:
        return usual
    from platformdirs import user_cache_path

    return user_cache_path(NAME)


def state_folder() -> Path:
    """Notes of running builds, and records of those that were."""
    usual = _usual("XDG_STATE_HOME", "~/.local/state")
    if usual is not None:
        return usual
    from platformdirs import user_state_path

    return user_state_path(NAME)


def _usual(variable: str, otherwise: str) -> Path | None:
    """The folder where the environment is as it mostly is; else `platformdirs` has to say it."""
    given = os.environ.get(variable, "")
    if not given or (given.startswith("/") and given == given.strip()):
        return Path(given or os.path.expanduser(otherwise), NAME)
    return None

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
    given = os.environ.get("XDG_CACHE_HOME", "")
    if not given or (given.startswith("/") and given == given.strip()):
        return Path(given or os.path.expanduser("~/.cache"), NAME)
    from platformdirs import user_cache_path

    return user_cache_path(NAME)


def state_folder() -> Path:
    """Notes of running builds."""
    from platformdirs import user_state_path

    return user_state_path(NAME)

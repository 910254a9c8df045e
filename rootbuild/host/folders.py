"""Where this user's files are kept, by the XDG base directory specification.

Written here, as what `platformdirs` needs for other systems makes it slow to load.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

NAME = "rootbuild"


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """What may be deleted at any time, at the cost of time."""
    return _folder(environment.get("XDG_CACHE_HOME", ""), ".cache")


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Notes of running builds."""
    return _folder(environment.get("XDG_STATE_HOME", ""), ".local/state")


def _folder(given: str, usual: str) -> Path:
    # A relative path is invalid by the specification, and to be ignored.
    parent = Path(given) if given.startswith("/") else Path(os.path.expanduser("~"), usual)
    return parent / NAME

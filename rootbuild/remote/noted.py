"""What an entry of a cache notes about itself: when it was last of use, what people call it."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

_ABOUT = "about.json"


def note_use(entry: Path, **about: str) -> None:
    """Note that an entry, whose folder the caller holds, is of use now, and what it is."""
    path = entry / _ABOUT
    if not path.exists():
        staged = entry / f"{_ABOUT}.{os.getpid()}.{threading.get_ident()}"
        staged.write_text(json.dumps(about))
        staged.replace(path)
    os.utime(entry)


def noted(entry: Path) -> dict[str, str]:
    """What an entry is; nothing if it does not say so."""
    try:
        found = json.loads((entry / _ABOUT).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if type(found) is dict else {}

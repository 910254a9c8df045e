"""The one place that starts programs.

Nothing goes through a shell, children get real descriptors instead of callbacks and never a
pseudo-terminal, and no process is left when we are interrupted. Two ways lead to a program:

- `managed`, on `sh`: programs that may take too long, or are given input (`run`);
- `spawned`, on posix_spawn: the many short calls of engines (`call`, `look`) and what runs beside a
  build (`background`), where `sh` would cost several times the program itself (75 ms to import,
  4-12 ms and three threads a call), and programs that get our own streams (`foreground`).

`replaced` turns us into a program (`become`); `joined` splits us in two, to go on inside of an
engine's user namespace (`join`), or to do one thing there (`ask`); `apart` has a fork of ours do
something, and waits for it. `waiting` and `busy` are for builds whose threads start programs at the
same time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rootbuild.process.apart import apart
    from rootbuild.process.busy import Watch
    from rootbuild.process.command import Finished, failure
    from rootbuild.process.joined import ask, join
    from rootbuild.process.managed import run
    from rootbuild.process.programs import find, paste
    from rootbuild.process.replaced import become
    from rootbuild.process.spawned import attached, background, call, follow, foreground, look
    from rootbuild.process.waiting import Waiting

__all__ = [
    "Finished",
    "Waiting",
    "Watch",
    "apart",
    "ask",
    "attached",
    "background",
    "become",
    "call",
    "failure",
    "find",
    "follow",
    "foreground",
    "join",
    "look",
    "paste",
    "run",
]

_HOMES = {
    "apart": "apart",
    "Watch": "busy",
    "Finished": "command",
    "failure": "command",
    "ask": "joined",
    "join": "joined",
    "run": "managed",
    "find": "programs",
    "paste": "programs",
    "become": "replaced",
    "attached": "spawned",
    "background": "spawned",
    "call": "spawned",
    "follow": "spawned",
    "foreground": "spawned",
    "look": "spawned",
    "Waiting": "waiting",
}


def __getattr__(name: str) -> object:
    """Load what is asked for, and that alone: commands that are passed on need next to nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found

"""The one place that starts programs.

Nothing goes through a shell, children get real descriptors instead of callbacks and never a
pseudo-terminal, and no process is left when we are interrupted. Two ways lead to a program:

- `managed`, on `sh`: programs that may take too long, or are given input (`run`);
- `spawned`, on posix_spawn: the many short calls of engines (`call`, `look`) and what runs beside a
  build (`background`), where `sh` would cost several times the program itself (75 ms to import,
  4-12 ms and three threads a call), and programs that get our own streams (`foreground`, `become`).

`joined` splits us in two, to go on inside of an engine's user namespace (`join`), or to do one
thing there (`ask`); `apart` has a fork of ours do something, and waits for it. `waiting` and `busy`
are for builds whose threads start programs at the same time.
"""

from __future__ import annotations

from rootbuild.process.apart import apart
from rootbuild.process.busy import Watch
from rootbuild.process.command import Finished, failure, find, paste
from rootbuild.process.joined import ask, join
from rootbuild.process.managed import run
from rootbuild.process.spawned import background, become, call, follow, foreground, look
from rootbuild.process.waiting import Waiting

__all__ = [
    "Finished",
    "Waiting",
    "Watch",
    "apart",
    "ask",
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

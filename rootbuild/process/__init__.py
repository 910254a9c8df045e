"""The one place that starts programs.

Nothing goes through a shell, children get real descriptors instead of callbacks and never a
pseudo-terminal, and no process is left when we are interrupted. Two ways lead to a program:

- `managed`, on `sh`: programs that run beside us, or that may take too long (`run`, `background`);
- `spawned`, on posix_spawn: the many short calls of engines (`call`, `look`), where `sh` would cost
  several times the program itself (75 ms to import, 4-12 ms and three threads a call), and programs
  that are handed our own streams (`foreground`, `become`).

`joined` splits us in two, to go on inside of an engine's user namespace (`join`), or to do one
thing there (`ask`).
"""

from __future__ import annotations

from rootbuild.process.command import Finished, failure, find, paste
from rootbuild.process.joined import ask, join
from rootbuild.process.managed import background, run
from rootbuild.process.spawned import become, call, foreground, look

__all__ = [
    "Finished",
    "ask",
    "background",
    "become",
    "call",
    "failure",
    "find",
    "foreground",
    "join",
    "look",
    "paste",
    "run",
]

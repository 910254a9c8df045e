"""`python -m rootbuild`, and the `rootbuild` program."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import NoReturn

# What a command allocates mostly lives as long as it does: looking for garbage often, as Python
# does by default, took a tenth of a short command's time.
GARBAGE_THRESHOLD = 50_000


def main() -> NoReturn:
    """Run the command line that we were started with, and end with its exit code.

    Everything is closed and cleaned up by then. So we end at once: Python would first take apart,
    one by one, all objects that there are, which takes 15 ms or a tenth of a small build.
    """
    gc.set_threshold(GARBAGE_THRESHOLD)
    from rootbuild.cli.main import main as run
    from rootbuild.cli.streams import mend

    mend()
    status = run()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    main()

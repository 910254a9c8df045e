"""`python -m rootbuild`, and the `rootbuild` program."""

from __future__ import annotations

import gc
import sys

# What a command allocates mostly lives as long as it does: looking for garbage often, as Python
# does by default, took a tenth of a short command's time, and looking once more at its end as much.
GARBAGE_THRESHOLD = 50_000


def main() -> int:
    """Run the command line that we were started with; gives the exit code."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    from rootbuild.cli.main import main

    status = main()
    gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(main())

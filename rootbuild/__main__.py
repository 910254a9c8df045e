"""`python -m rootbuild`, and the `rootbuild` program."""

from __future__ import annotations

import sys

from rootbuild.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())

"""The question before something is removed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rootbuild.cli.parse import Parsed
from rootbuild.errors import RuntimeRefusedError


def agreed(parsed: Parsed, things: Sequence[str]) -> bool:
    """Whether it may be done: `--force`, or a yes to the question. Raises RuntimeRefusedError."""
    if parsed.switch("force"):
        return True
    sys.stdout.write("WARNING! This will remove ")
    if len(things) == 1:
        sys.stdout.write(f"{things[0]}.\n")
    else:
        sys.stdout.write(":\n" + "".join(f"  - {thing}\n" for thing in things) + "\n")
    sys.stdout.write("Are you sure you want to continue? [y/N] ")
    sys.stdout.flush()
    answer = sys.stdin.readline() if sys.stdin is not None else ""
    if answer.strip().lower() in ("y", "yes"):
        return True
    name = " ".join(parsed.command.path)
    raise RuntimeRefusedError(f"{name} has been cancelled", id="cancelled", exit_code=1)

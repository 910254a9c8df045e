"""Where programs are, and how a command is shown. Loaded on the way of every command."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence

_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def find(program: str) -> str | None:
    """Absolute path of `program` on PATH (also in the sbin folders, as users often lack those)."""
    if "/" in program:
        return program if _is_program(program) else None
    folders = [*os.environ.get("PATH", os.defpath).split(os.pathsep), *_SBIN]
    places = (os.path.join(folder, program) for folder in folders)
    return next((place for place in places if _is_program(place)), None)


def path(program: str) -> str:
    """As `find`, and HostError if there is none."""
    found = find(program)
    if found is None:
        from rootbuild.errors import HostError

        raise HostError(
            f"{program} is not installed",
            id="program-missing",
            hint=f"install it, on Debian and Ubuntu with: sudo apt-get install {program}",
        )
    return found


def paste(argv: Sequence[str]) -> str:
    """`argv` as a line that can be pasted into a shell."""
    import shlex

    return shlex.join(argv)


def announce(argv: Sequence[str]) -> None:
    """With --debug, show a command as it can be pasted."""
    if os.environ.get("ROOTBUILD_DEBUG"):
        sys.stderr.write(f"$ {paste(argv)}\n")
        sys.stderr.flush()


def _is_program(place: str) -> bool:
    """Whether a file can be started (`shutil.which` knows it as well, but is slow to load)."""
    try:
        return stat.S_ISREG(os.stat(place).st_mode) and os.access(place, os.X_OK)
    except OSError:
        return False

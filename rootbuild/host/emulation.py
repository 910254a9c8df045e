"""Whether this host runs programs of another architecture.

The kernel knows more of them than its own when emulators are registered with it (binfmt_misc). What
is registered cannot always be seen, so one of the smallest programs is run.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from rootbuild import process
from rootbuild.host.elf import MACHINES, program
from rootbuild.image.platform import build_platform

PROGRAM = "program"


def runs(architecture: str, folder: Path) -> bool:
    """Whether programs for an architecture (`arm64`) run here, below another root.

    `folder` is one where programs may be executed. To be called as root of a user namespace, since
    an emulator may be there for our own root alone. One that we have no program for does not run.
    """
    if architecture == build_platform().architecture:
        return True
    machine = MACHINES.get(architecture)
    if machine is None:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="probe-") as root:
        path = Path(root, PROGRAM)
        path.write_bytes(program(machine))
        path.chmod(0o755)
        return process.call(chroot(Path(root), f"/{PROGRAM}"), check=False).status == 0


def chroot(root: Path, command: str) -> tuple[str, ...]:
    """Run a program below another root."""
    return ("chroot", str(root), command)

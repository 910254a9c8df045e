"""`docker-shim ...`."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import switch, value

_DIR = value("dir", 'Folder of the program (default "~/.local/bin")')

COMMANDS = (
    Command(
        ("docker-shim", "install"),
        "Put this program on PATH under the name docker",
        "[OPTIONS]",
        "rootbuild.cli.shim:install",
        (_DIR, switch("force", "Replace a docker that is there", "f")),
        maximum=0,
    ),
    Command(
        ("docker-shim", "remove"),
        "Take that program away",
        "[OPTIONS]",
        "rootbuild.cli.shim:remove",
        (_DIR,),
        maximum=0,
    ),
)

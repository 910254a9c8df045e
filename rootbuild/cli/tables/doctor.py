"""`doctor`."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import switch

COMMANDS = (
    Command(
        ("doctor",),
        "Find out what works on this host, and how to mend what does not",
        "[OPTIONS]",
        "rootbuild.cli.doctor:run",
        (
            switch("fix", "Mend what needs no root"),
            switch("json", "Print all findings as JSON"),
            switch("verbose", "Tell what was tried for points that are fine, too", "v"),
        ),
        maximum=0,
        common=True,
    ),
)

"""`completion`."""

from __future__ import annotations

from rootbuild.cli.command import Command

COMMANDS = (
    Command(
        ("completion",),
        "Print the completion script for a shell",
        "bash|zsh|fish",
        "rootbuild.cli.completion:script",
        minimum=1,
        maximum=1,
    ),
    Command(
        ("__complete",),
        "What may follow",
        "WORD...",
        "rootbuild.cli.completion:complete",
        hidden=True,
        raw=True,
    ),
)

"""`dockerfile ...`: looking into a Dockerfile."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import switch, value, values

COMMANDS = (
    Command(
        ("dockerfile", "ast"),
        "Show how a Dockerfile is parsed",
        "[OPTIONS] FILE",
        "rootbuild.cli.dockerfile:ast",
        (switch("json", "Print a JSON array with an object for each instruction"),),
        minimum=1,
        maximum=1,
    ),
    Command(
        ("dockerfile", "graph"),
        "Show the stages of a Dockerfile and why each is needed",
        "[OPTIONS] FILE",
        "rootbuild.cli.dockerfile:graph",
        (
            values("build-arg", "Set build-time variables"),
            values("build-context", "Additional build contexts (e.g., name=path)"),
            value("format", 'Format of the output ("text", "mermaid", "dot", "json")'),
            value("target", "Set the target build stage"),
        ),
        minimum=1,
        maximum=1,
    ),
)

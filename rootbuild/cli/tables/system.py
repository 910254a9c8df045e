"""`system ...`, and what tells about this program and its host."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import switch, value, values

_FORMAT = value("format", "Format output using a Go template or 'json'", "f")
_FILTER = values("filter", 'Provide filter values (e.g. "label=<key>=<value>")', metavar="filter")
_FORCE = switch("force", "Do not prompt for confirmation", "f")

COMMANDS = (
    Command(
        ("version",),
        "Show the version information",
        "[OPTIONS]",
        "rootbuild.cli.version:run",
        (_FORMAT,),
        maximum=0,
        common=True,
    ),
    Command(
        ("system", "info"),
        "Display system-wide information",
        "[OPTIONS]",
        "rootbuild.cli.info:run",
        (_FORMAT,),
        maximum=0,
        aliases=(("info",),),
        common=True,
    ),
    Command(
        ("system", "df"),
        "Show disk usage",
        "[OPTIONS]",
        "rootbuild.cli.disk:run",
        (
            value("format", "Format output using a Go template or 'json'"),
            switch("verbose", "Show detailed information on space usage", "v"),
        ),
        maximum=0,
    ),
    Command(
        ("system", "prune"),
        "Remove unused data",
        "[OPTIONS]",
        "rootbuild.cli.prune:system",
        (
            switch("all", "Remove all unused images not just dangling ones", "a"),
            _FILTER,
            _FORCE,
            switch("volumes", "Prune anonymous volumes"),
        ),
        maximum=0,
    ),
    Command(
        ("system", "events"),
        "Get real time events from the engine",
        "[OPTIONS]",
        "rootbuild.cli.events:run",
        (
            values("filter", "Filter output based on conditions provided", "f", "filter"),
            value("format", "Format output using a Go template or 'json'"),
            value("since", "Show all events created since timestamp"),
            value("until", "Stream events until this timestamp"),
        ),
        maximum=0,
        aliases=(("events",),),
    ),
    Command(
        ("login",),
        "Authenticate to a registry",
        "[OPTIONS] [SERVER]",
        "rootbuild.cli.login:login",
        (
            value("password", "Password", "p"),
            switch("password-stdin", "Take the password from stdin"),
            value("username", "Username", "u"),
        ),
        maximum=1,
        common=True,
    ),
    Command(
        ("logout",),
        "Log out from a registry",
        "[SERVER]",
        "rootbuild.cli.login:logout",
        maximum=1,
        common=True,
    ),
)

"""`volume ...`, and `inspect`, which looks at everything."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import switch, value, values

_FORMAT = value("format", "Format output using a Go template or 'json'", "f")

COMMANDS = (
    Command(
        ("volume", "create"),
        "Create a volume",
        "[OPTIONS] [VOLUME]",
        "rootbuild.cli.volume:create",
        (
            value("driver", "Specify volume driver name", "d"),
            values("label", "Set metadata for a volume"),
            values("opt", "Set driver specific options", "o"),
        ),
        maximum=1,
    ),
    Command(
        ("volume", "ls"),
        "List volumes",
        "[OPTIONS]",
        "rootbuild.cli.listing:volumes",
        (
            values("filter", 'Provide filter values (e.g. "dangling=true")', "f", "filter"),
            value("format", "Format output using a Go template or 'json'"),
            switch("noheading", hidden=True),  # clients of podman
            switch("quiet", "Only display volume names", "q"),
        ),
        maximum=0,
        aliases=(("volume", "list"),),
    ),
    Command(
        ("volume", "inspect"),
        "Display detailed information on one or more volumes",
        "[OPTIONS] VOLUME [VOLUME...]",
        "rootbuild.cli.volume:inspect",
        (_FORMAT,),
        minimum=1,
    ),
    Command(
        ("volume", "rm"),
        "Remove one or more volumes",
        "[OPTIONS] VOLUME [VOLUME...]",
        "rootbuild.cli.volume:rm",
        (switch("force", "Force the removal of one or more volumes", "f"),),
        minimum=1,
        aliases=(("volume", "remove"),),
    ),
    Command(
        ("volume", "prune"),
        "Remove unused local volumes",
        "[OPTIONS]",
        "rootbuild.cli.prune:volumes",
        (
            switch("all", "Remove all unused volumes, not just anonymous ones", "a"),
            values("filter", 'Provide filter values (e.g. "label=<label>")', metavar="filter"),
            switch("force", "Do not prompt for confirmation", "f"),
        ),
        maximum=0,
    ),
    Command(
        ("inspect",),
        "Return low-level information on containers, images, networks and volumes",
        "[OPTIONS] NAME|ID [NAME|ID...]",
        "rootbuild.cli.inspect:run",
        (
            _FORMAT,
            switch("size", "Display total file sizes if the type is container", "s"),
            value("type", "Only inspect objects of the given type"),
        ),
        minimum=1,
    ),
)

"""`history ...`, also as `buildx history ...`."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import Flag, switch, value, values

_BUILDER = Flag("builder", help="Accepted for docker's sake", hidden=True)
_REF = (
    "REF is the id of a build or the beginning of one, or ^N for the Nth before the last; "
    "the last one if it is left out."
)


def _command(
    name: str,
    summary: str,
    usage: str,
    *flags: Flag,
    maximum: int | None = 1,
    long: str = "",
) -> Command:
    return Command(
        ("history", name),
        summary,
        usage,
        f"rootbuild.cli.history:{name}",
        (_BUILDER, *flags),
        maximum=maximum,
        aliases=(("buildx", "history", name),),
        long=f"{summary}. {long}" if long else "",
    )


COMMANDS = (
    _command(
        "ls",
        "List build records",
        "[OPTIONS]",
        values("filter", 'Provide filter values (e.g., "status=error")'),
        value("format", "Format output using a Go template or 'json'"),
        switch("local", "List records of builds of this folder, and of those below it, only"),
        switch("no-trunc", "Don't truncate output"),
        maximum=0,
    ),
    _command(
        "inspect",
        "Inspect a build record",
        "[OPTIONS] [REF]",
        value("format", "Format output using a Go template or 'json'"),
        long=_REF,
    ),
    _command(
        "logs",
        "Print the logs of a build record",
        "[OPTIONS] [REF]",
        value("progress", "Set type of progress output (plain, rawjson, tty)"),
        long=_REF,
    ),
    _command(
        "export",
        "Export a build record",
        "[OPTIONS] [REF]",
        value("format", 'What to write: "json" (the default), "rawjson", or "html"'),
        value("output", "Output file path (default: standard output)", "o"),
        long=_REF,
    ),
    _command(
        "open",
        "Show a build record in a browser",
        "[OPTIONS] [REF]",
        switch("no-browser", "Only write the page, and print where it is"),
        value("output", "Where to write the page (default: a private file that is replaced)", "o"),
        long=_REF,
    ),
    _command(
        "rm",
        "Remove build records",
        "[OPTIONS] [REF...]",
        switch("all", "Remove all build records"),
        maximum=None,
        long=_REF.partition(";")[0] + ".",
    ),
)

"""`buildx ...`, but for building."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import Flag, switch, value, values

_BUILDER = Flag("builder", help="Override the configured builder instance")

BAKE = Command(
    ("buildx", "bake"),
    "Build from a file",
    "[OPTIONS] [TARGET...]",
    "rootbuild.cli.bake:run",
    (
        values("allow", "Allow build to access specified resources"),
        _BUILDER,
        value("call", 'Set method for evaluating build ("check", "outline", "targets")'),
        switch("check", 'Shorthand for "--call=check"'),
        values("file", "Build definition file", "f"),
        value("list", 'List "targets" or "variables" ("type=targets,format=json" for JSON)'),
        switch("load", 'Shorthand for "--set=*.output=type=docker"'),
        value("metadata-file", "Write build result metadata to a file"),
        switch("no-cache", "Do not use cache when building the image"),
        switch("print", "Print the options without building"),
        value("progress", 'Set type of progress output ("auto", "plain", "quiet")'),
        Flag("provenance", help='Shorthand for "--set=*.attest=type=provenance"'),
        switch("pull", "Always attempt to pull all referenced images"),
        switch("push", 'Shorthand for "--set=*.output=type=registry"'),
        Flag("sbom", help='Shorthand for "--set=*.attest=type=sbom"'),
        values("set", 'Override target value (e.g., "targetpattern.key=value")'),
        values("var", 'Set a variable value (e.g., "name=value")'),
    ),
    aliases=(("buildx", "f"),),
)

COMMANDS = (
    BAKE,
    Command(
        ("buildx", "imagetools", "inspect"),
        "Show details of an image in the registry",
        "[OPTIONS] NAME",
        "rootbuild.cli.imagetools:inspect",
        (
            _BUILDER,
            value("format", "Format the output using the given Go template"),
            switch("raw", "Show original, unformatted JSON manifest"),
        ),
        minimum=1,
        maximum=1,
    ),
    Command(
        ("buildx", "imagetools", "create"),
        "Create a new image based on source images",
        "[OPTIONS] [SOURCE...]",
        "rootbuild.cli.imagetools:create",
        (
            values("annotation", "Add annotation to the image"),
            switch("append", "Append to existing manifest"),
            _BUILDER,
            switch("dry-run", "Show final image instead of pushing"),
            values("file", "Read source descriptor from file", "f"),
            switch(
                "prefer-index",
                "When only a single source is specified, make an index of it rather than a copy"
                " (default true)",
            ),
            value("progress", 'Set type of progress output ("auto", "plain", "quiet")'),
            values("tag", "Set reference for new image", "t"),
        ),
    ),
    Command(
        ("buildx", "version"),
        "Show buildx version information",
        "",
        "rootbuild.cli.buildx:version",
        maximum=0,
    ),
    Command(
        ("buildx", "ls"),
        "List builder instances",
        "[OPTIONS]",
        "rootbuild.cli.buildx:ls",
        (
            value("format", "Format output using a Go template or 'json'"),
            switch("no-trunc", "Don't truncate output"),
        ),
        maximum=0,
    ),
    Command(
        ("buildx", "inspect"),
        "Inspect current builder instance",
        "[OPTIONS] [NAME]",
        "rootbuild.cli.buildx:inspect",
        (_BUILDER, switch("bootstrap", "Accepted: nothing has to be started")),
        maximum=1,
    ),
    Command(
        ("buildx", "create"),
        "Note one more name for the builder",
        "[OPTIONS] [CONTEXT|ENDPOINT]",
        "rootbuild.cli.buildx:create",
        (
            switch("append", "Accepted: there is one node"),
            switch("bootstrap", "Accepted: nothing has to be started"),
            value("driver", 'Driver to use ("docker", "docker-container")'),
            values("driver-opt", "Accepted: the driver has no options"),
            value("name", "Builder instance name"),
            value("node", "Accepted: there is one node"),
            values("platform", "Accepted: this host says which platforms it can run"),
            switch("use", "Set the current builder instance"),
        ),
        maximum=1,
    ),
    Command(
        ("buildx", "use"),
        "Set the current builder instance",
        "[OPTIONS] NAME",
        "rootbuild.cli.buildx:use",
        (
            switch("default", "Set builder as default for current context"),
            switch("global", "Builder persists context changes"),
        ),
        minimum=1,
        maximum=1,
    ),
    Command(
        ("buildx", "rm"),
        "Forget one or more builder instances",
        "[OPTIONS] [NAME...]",
        "rootbuild.cli.buildx:rm",
        (
            switch("all-inactive", "Remove all inactive builders"),
            switch("force", "Do not prompt for confirmation", "f"),
            switch("keep-daemon", "Accepted: there is no daemon"),
            switch("keep-state", "Accepted: builders have no state of their own"),
        ),
    ),
    Command(
        ("buildx", "stop"),
        "Stop builder instances, none of which runs between builds",
        "[NAME...]",
        "rootbuild.cli.buildx:stop",
    ),
)

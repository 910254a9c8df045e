"""`image ...`, but for building."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import switch, value, values

_FORMAT = value("format", "Format output using a Go template or 'json'", "f")

COMMANDS = (
    Command(
        ("image", "ls"),
        "List images",
        "[OPTIONS] [REPOSITORY[:TAG]]",
        "rootbuild.cli.images:run",
        (
            switch("all", "Show all images (default hides those without a name)", "a"),
            switch("digests", "Show digests"),
            values("filter", "Filter output based on conditions provided", "f", "filter"),
            value("format", "Format output using a Go template or 'json'"),
            switch("no-trunc", "Don't truncate output"),
            switch("quiet", "Only show image IDs", "q"),
        ),
        maximum=1,
        aliases=(("image", "list"), ("images",)),
        common=True,
    ),
    Command(
        ("image", "inspect"),
        "Display detailed information on one or more images",
        "[OPTIONS] IMAGE [IMAGE...]",
        "rootbuild.cli.image:on_names",
        (_FORMAT,),
        minimum=1,
    ),
    Command(
        ("image", "rm"),
        "Remove one or more images",
        "[OPTIONS] IMAGE [IMAGE...]",
        "rootbuild.cli.image:on_names",
        (
            switch("force", "Force removal of the image", "f"),
            switch("no-prune", "Do not delete untagged parents"),
        ),
        minimum=1,
        aliases=(("image", "remove"), ("rmi",)),
    ),
    Command(
        ("image", "tag"),
        "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
        "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
        "rootbuild.cli.image:tag",
        minimum=2,
        maximum=2,
        aliases=(("tag",),),
    ),
    Command(
        ("image", "history"),
        "Show the history of an image",
        "[OPTIONS] IMAGE",
        "rootbuild.cli.image:on_names",
        (
            value("format", "Format output using a Go template or 'json'"),
            switch("human", "Print sizes and dates in human readable format", "H"),
            switch("no-trunc", "Don't truncate output"),
            switch("quiet", "Only show image IDs", "q"),
        ),
        minimum=1,
        maximum=1,
        aliases=(("history",),),
    ),
    Command(
        ("image", "pull"),
        "Download an image from a registry",
        "[OPTIONS] NAME[:TAG|@DIGEST]",
        "rootbuild.cli.image:pull",
        (
            switch("all-tags", "Download all tagged images in the repository", "a"),
            value("platform", "Set platform if server is multi-platform capable"),
            switch("quiet", "Suppress verbose output", "q"),
        ),
        minimum=1,
        maximum=1,
        aliases=(("pull",),),
        common=True,
    ),
    Command(
        ("image", "push"),
        "Upload an image to a registry",
        "[OPTIONS] NAME[:TAG]",
        "rootbuild.cli.image:on_names",
        (switch("quiet", "Suppress verbose output", "q"),),
        minimum=1,
        maximum=1,
        aliases=(("push",),),
        common=True,
    ),
)

"""`image ...`, but for building."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import number, switch, value, values

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
        "rootbuild.cli.inspect:images",
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
            switch("ignore", hidden=True),  # clients of podman
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
        "rootbuild.cli.image:push",
        (
            switch("all-tags", "Push all tags of an image to the repository", "a"),
            switch("disable-content-trust", hidden=True),
            switch("quiet", "Suppress verbose output", "q"),
        ),
        minimum=1,
        maximum=1,
        aliases=(("push",),),
        common=True,
    ),
    Command(
        ("image", "save"),
        "Save one or more images to a tar archive (streamed to STDOUT by default)",
        "[OPTIONS] IMAGE [IMAGE...]",
        "rootbuild.cli.archive:save",
        (value("output", "Write to a file, instead of STDOUT", "o"),),
        minimum=1,
        aliases=(("save",),),
    ),
    Command(
        ("image", "load"),
        "Load an image from a tar archive or STDIN",
        "[OPTIONS]",
        "rootbuild.cli.archive:load",
        (
            value("input", "Read from tar archive file, instead of STDIN", "i"),
            switch("quiet", "Suppress the load output", "q"),
        ),
        maximum=0,
        aliases=(("load",),),
    ),
    Command(
        ("image", "import"),
        "Import the contents from a tarball to create a filesystem image",
        "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
        "rootbuild.cli.archive:import_",
        (
            values("change", "Apply Dockerfile instruction to the created image", "c"),
            value("message", "Set commit message for imported image", "m"),
            value("platform", "Set platform of the imported image"),
        ),
        minimum=1,
        maximum=2,
        aliases=(("import",),),
    ),
    Command(
        ("image", "prune"),
        "Remove unused images",
        "[OPTIONS]",
        "rootbuild.cli.prune:images",
        (
            switch("all", "Remove all unused images, not just dangling ones", "a"),
            values("filter", 'Provide filter values (e.g. "until=<timestamp>")', metavar="filter"),
            switch("force", "Do not prompt for confirmation", "f"),
        ),
        maximum=0,
    ),
    Command(
        ("search",),
        "Search Docker Hub for images",
        "[OPTIONS] TERM",
        "rootbuild.cli.image:search",
        (
            values("filter", "Filter output based on conditions provided", "f", "filter"),
            value("format", "Pretty-print search using a Go template"),
            number("limit", "Max number of search results"),
            switch("no-trunc", "Don't truncate output"),
        ),
        minimum=1,
        maximum=1,
    ),
)

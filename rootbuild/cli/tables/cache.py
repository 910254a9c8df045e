"""`cache ...`, and `buildx du|prune`."""

from __future__ import annotations

from rootbuild.cli.command import Command
from rootbuild.cli.flags import Flag, switch, value, values

_BUILDER = Flag("builder", help="Override the configured builder instance")
_FILTER = values("filter", 'Provide filter values (e.g., "until=24h")', metavar="filter")
_FORMAT = value("format", "Format output using a Go template or 'json'")
_PRUNE = (
    switch("all", "Include results that images with a name share", "a"),
    _FILTER,
    switch("force", "Do not prompt for confirmation", "f"),
    value("keep-storage", "Amount of disk space to keep for cache", metavar="bytes"),
    value("max-used-space", "Maximum amount of disk space allowed to keep", metavar="bytes"),
    value("min-free-space", "Target amount of free disk space", metavar="bytes"),
    value("reserved-space", "Amount of disk space always allowed to keep", metavar="bytes"),
    value("until", "Remove what has not been of use for so long", metavar="duration"),
)
_PRUNED = (
    "Remove what builds have kept: results of steps, cache mounts and what was fetched. Images "
    "with a name never go, nor what running builds use. Where some of it may stay, the least "
    "recently used go first."
)

COMMANDS = (
    Command(
        ("cache", "ls"),
        "List what builds have kept",
        "[OPTIONS]",
        "rootbuild.cli.cache:ls",
        (_FILTER, _FORMAT, switch("no-trunc", "Don't truncate output")),
        maximum=0,
    ),
    Command(
        ("cache", "du"),
        "Show how much of the disk it takes",
        "[OPTIONS]",
        "rootbuild.cli.cache:du",
        (_FORMAT,),
        maximum=0,
    ),
    Command(
        ("cache", "prune"),
        "Remove build cache",
        "[OPTIONS]",
        "rootbuild.cli.cache:prune",
        _PRUNE,
        maximum=0,
        long=_PRUNED,
    ),
    Command(
        ("buildx", "prune"),
        "Remove build cache",
        "[OPTIONS]",
        "rootbuild.cli.cache:prune",
        (_BUILDER, *_PRUNE, switch("verbose", "Provide a more verbose output")),
        maximum=0,
        aliases=(("builder", "prune"),),
        long=_PRUNED,
    ),
    Command(
        ("buildx", "du"),
        "Disk usage of the build cache",
        "[OPTIONS]",
        "rootbuild.cli.cache:usage",
        (_BUILDER, _FILTER, _FORMAT, switch("verbose", "Provide a more verbose output")),
        maximum=0,
    ),
)

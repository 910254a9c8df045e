"""All commands, and how words lead to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rootbuild.cli.command import Command, Group
from rootbuild.cli.tables import (
    build,
    buildx,
    completion,
    container,
    dockerfile,
    doctor,
    engine,
    image,
    network,
    run,
    shim,
    system,
    volume,
)

GROUPS = (
    Group(("builder",), "Manage builds", hidden=True),
    Group(("buildx",), "Build with BuildKit's features"),
    Group(("buildx", "imagetools"), "Look into and make images in registries"),
    Group(("container",), "Manage containers"),
    Group(("dockerfile",), "Look into Dockerfiles"),
    Group(("docker-shim",), "Answer to the name docker"),
    Group(("image",), "Manage images"),
    Group(("network",), "Manage networks"),
    Group(("system",), "Manage the engine's data"),
    Group(("volume",), "Manage volumes"),
)

COMMANDS: tuple[Command, ...] = (
    *build.COMMANDS,
    *run.COMMANDS,
    *container.COMMANDS,
    *image.COMMANDS,
    *network.COMMANDS,
    *dockerfile.COMMANDS,
    *doctor.COMMANDS,
    *volume.COMMANDS,
    *system.COMMANDS,
    *buildx.COMMANDS,
    *engine.COMMANDS,
    *shim.COMMANDS,
    *completion.COMMANDS,
)


def find_command(words: Sequence[str]) -> tuple[Command, tuple[str, ...]] | None:
    """The command that `words` begin with, and the name that was used. The longest name wins."""
    for length in (3, 2, 1):
        name = tuple(words[:length])
        for command in COMMANDS:
            if len(name) == length and name in command.names:
                return command, name
    return None


def find_group(words: Sequence[str]) -> Group | None:
    """The group that `words` begin with. The longest name wins."""
    found = [group for group in GROUPS if tuple(words[: len(group.path)]) == group.path]
    return max(found, key=lambda group: len(group.path), default=None)


def groups_below(path: Sequence[str]) -> Iterator[Group]:
    """The groups that are below another one, or the program."""
    return (group for group in GROUPS if group.path[:-1] == tuple(path))


def members(group: Group) -> Iterator[Command]:
    """The commands below a group, under their names there."""
    size = len(group.path) + 1
    for command in COMMANDS:
        if any(len(name) == size and name[:-1] == group.path for name in command.names):
            yield command


def words_below(group: Group | None) -> list[str]:
    """What may follow a group's name, or the program's."""
    if group is None:
        top = [name[0] for command in COMMANDS for name in command.names if len(name) == 1]
        return top + [group.path[0] for group in groups_below(())]
    size = len(group.path)
    return [inner.path[-1] for inner in groups_below(group.path)] + [
        name[-1]
        for command in COMMANDS
        for name in command.names
        if len(name) == size + 1 and name[:-1] == group.path
    ]

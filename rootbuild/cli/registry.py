"""All commands, and how words lead to them.

Tables are loaded as they are needed: a word that scripts use all the time leads to just those that
it is in.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from importlib import import_module

from rootbuild.cli.command import Command, Group

GROUPS = (
    Group(("builder",), "Manage builds", hidden=True),
    Group(("buildx",), "Build with BuildKit's features"),
    Group(("buildx", "history"), "Manage build records", hidden=True),
    Group(("buildx", "imagetools"), "Look into and make images in registries"),
    Group(("cache",), "Manage what builds have kept"),
    Group(("container",), "Manage containers"),
    Group(("dockerfile",), "Look into Dockerfiles"),
    Group(("buildx", "debug"), "Look into builds while they go on", hidden=True),
    Group(("debug",), "Look into builds while they go on"),
    Group(("docker-shim",), "Answer to the name docker"),
    Group(("history",), "Look at builds of the past"),
    Group(("image",), "Manage images"),
    Group(("network",), "Manage networks"),
    Group(("system",), "Manage the engine's data"),
    Group(("volume",), "Manage volumes"),
)

# In the order of `--help`.
_TABLES = (
    "build",
    "run",
    "container",
    "image",
    "network",
    "dockerfile",
    "doctor",
    "volume",
    "system",
    "buildx",
    "cache",
    "history",
    "engine",
    "shim",
    "completion",
)
PLACES = {
    "build": ("build",),
    "container": ("run", "container", "engine"),
    "cp": ("container",),
    "create": ("run",),
    "exec": ("container",),
    "image": ("build", "image", "engine"),
    "images": ("image",),
    "inspect": ("volume",),
    "kill": ("container",),
    "logs": ("container",),
    "network": ("network", "engine"),
    "port": ("container",),
    "ps": ("container",),
    "rm": ("container",),
    "run": ("run",),
    "start": ("container",),
    "stop": ("container",),
    "volume": ("volume", "engine"),
    "wait": ("container",),
}
"""The tables of all commands that begin with a word."""


@functools.cache
def commands(tables: tuple[str, ...] = _TABLES) -> tuple[Command, ...]:
    """The commands of these tables."""
    found: list[Command] = []
    for name in tables:
        found += import_module(f"rootbuild.cli.tables.{name}").COMMANDS
    return tuple(found)


def find_command(words: Sequence[str]) -> tuple[Command, tuple[str, ...]] | None:
    """The command that `words` begin with, and the name that was used. The longest name wins."""
    there = commands(PLACES.get(words[0], _TABLES)) if words else ()
    for length in (3, 2, 1):
        name = tuple(words[:length])
        for command in there:
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
    for command in commands():
        if any(len(name) == size and name[:-1] == group.path for name in command.names):
            yield command


def words_below(group: Group | None) -> list[str]:
    """What may follow a group's name, or the program's."""
    if group is None:
        top = [name[0] for command in commands() for name in command.names if len(name) == 1]
        return top + [group.path[0] for group in groups_below(())]
    size = len(group.path)
    return [inner.path[-1] for inner in groups_below(group.path)] + [
        name[-1]
        for command in commands()
        for name in command.names
        if len(name) == size + 1 and name[:-1] == group.path
    ]

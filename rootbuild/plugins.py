"""Entry points, found without `importlib.metadata`.

That module takes 25 ms to load, as much as all of ours, on the way of every command. The files that
it reads are simple (https://packaging.python.org/en/latest/specifications/entry-points/): we read
them ourselves, and ask it only where we find nothing (packages in archives, unusual importers).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module

_FILE = "entry_points.txt"


def load(group: str, path: Sequence[str] | None = None) -> dict[str, object]:
    """All objects registered in a group, by name. What does not load is an error, not skipped."""
    return {name: resolve(target) for name, target in targets(group, path).items()}


def targets(group: str, path: Sequence[str] | None = None) -> dict[str, str]:
    """`module:attribute` by name; what comes first on the path counts."""
    found: dict[str, str] = {}
    for folder in sys.path if path is None else path:
        for text in _files(folder or "."):
            for name, target in _section(text, group):
                found.setdefault(name, target)
    return found or (_slowly(group) if path is None else found)


def _files(folder: str) -> Iterator[str]:
    try:
        entries = sorted(entry.path for entry in os.scandir(folder) if _is_metadata(entry.name))
    except OSError:
        return  # an entry of sys.path may be an archive, or not there
    for entry in entries:
        try:
            with open(os.path.join(entry, _FILE), encoding="utf-8") as file:
                yield file.read()
        except (FileNotFoundError, NotADirectoryError):
            continue  # most packages register nothing


def _is_metadata(name: str) -> bool:
    return name.endswith((".dist-info", ".egg-info"))


def _section(text: str, group: str) -> Iterator[tuple[str, str]]:
    """The lines `name = module:attribute` below `[group]`."""
    inside = False
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, target = line.partition("=")
            yield name.strip(), target.split("[", 1)[0].strip()


def _slowly(group: str) -> dict[str, str]:
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=group)}


def resolve(target: str) -> object:
    """What `module:attribute` names."""
    module, _, attributes = target.partition(":")
    found: object = import_module(module)
    for name in attributes.split("."):
        found = getattr(found, name)
    return found

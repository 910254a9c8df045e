"""What makes a context large, and what to do about it: out of what the build has seen anyway."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from rootbuild.dockerfile.quote import quoted
from rootbuild.progress.findings import ContextSize
from rootbuild.progress.units import size

MOST_FILES = 20
MOST_FOLDERS = 10
LARGE_BYTES = 100_000_000
LARGE_PART = 10_000_000
"""From here on, what images hardly ever need is worth a line in .dockerignore."""

_SHOWN = 3
# Folders that tools make again, and histories: names as they stand in .dockerignore, with `**/`.
_NEEDLESS = (
    *(".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".nox"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".cache", ".gradle", ".terraform", ".next"),
    *(".idea", ".vscode", "bower_components", ".npm", ".yarn", "coverage"),
)
_NEEDLESS_NAMES = frozenset(_NEEDLESS)


def measure(sizes: Mapping[str, int]) -> ContextSize:
    """The files that steps take, by path -> how large they are together, and which are largest."""
    folders: dict[str, int] = {}
    for path, count in sizes.items():
        for folder in _folders(path):
            folders[folder] = folders.get(folder, 0) + count
    return ContextSize(
        len(sizes),
        sum(sizes.values()),
        _largest(MOST_FILES, sizes),
        _largest(MOST_FOLDERS, folders),
    )


def _largest(most: int, sizes: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The largest, under names that can be printed, whatever files are called."""
    found = heapq.nlargest(most, sizes.items(), key=lambda item: item[1])
    return tuple((quoted(path)[1:-1], count) for path, count in found)


def advice(found: ContextSize) -> str:
    """A line about a context that is larger than it has to be; nothing about any other."""
    needless = [(path, count) for path, count in found.folders if _needless(path)]
    wasted = sum(count for _, count in needless)
    if found.bytes < LARGE_BYTES and wasted < LARGE_PART:
        return ""
    told = needless if wasted >= LARGE_PART else [*found.folders[:_SHOWN]] or found.largest
    parts = ", ".join(f"{path} ({size(count)})" for path, count in told[:_SHOWN])
    text = f"the build context is large: {size(found.bytes)} in {found.files} files"
    if wasted >= LARGE_PART:
        names = dict.fromkeys(_pattern(path) for path, _ in needless)
        return f"{text}, hardly of use are {parts}: add to .dockerignore: {', '.join(names)}"
    return f"{text}, most of it in {parts}; list in .dockerignore what the image does not need"


def _folders(path: str) -> list[str]:
    """The folder that counts for a file: a needless one, or else the top one."""
    parts = path.split("/")[:-1]
    for depth, name in enumerate(parts):
        if name in _NEEDLESS_NAMES:
            return ["/".join(parts[: depth + 1]) + "/"]
    return [parts[0] + "/"] if parts else []


def _needless(folder: str) -> bool:
    return folder.rstrip("/").rpartition("/")[2] in _NEEDLESS_NAMES


def _pattern(folder: str) -> str:
    above, _, name = folder.rstrip("/").rpartition("/")
    return f"**/{name}" if above else name

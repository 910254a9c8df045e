"""How time and memory of rootbuild grow: builds of one kind in several sizes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from scripts.bench.measure import run
from scripts.bench.report import Growth
from scripts.bench.scenarios import many_files, many_stages, many_steps
from scripts.bench.tools import Tool

Fill = Callable[[Path, int], None]

_CURVES: dict[str, tuple[Fill, tuple[int, ...]]] = {
    "files in the context": (partial(many_files, size=1000), (1000, 10_000, 100_000)),
    "stages": (many_stages, (10, 50, 200)),
    "steps": (many_steps, (20, 100, 500)),
}


def curves(tool: Tool, folder: Path) -> Iterator[Growth]:
    """Each curve twice: built for the first time, and with nothing to do."""
    for what, (fill, sizes) in _CURVES.items():
        points: dict[str, list[tuple[int, float, int]]] = {"cold": [], "nothing to do": []}
        for size in sizes:
            with tempfile.TemporaryDirectory(dir=folder) as name:
                context = Path(name)
                fill(context, size)
                tool.forget()
                for kind in points:
                    seconds, memory = run(tool.build(context), tool.env, memory=True)
                    points[kind].append((size, seconds, memory))
        for kind, found in points.items():
            yield Growth(f"{what}, {kind}", tuple(found))

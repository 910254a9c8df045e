"""How time and memory of rootbuild grow: builds of one kind in several sizes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from scripts.bench.measure import run, run_at_once
from scripts.bench.report import Growth
from scripts.bench.scenarios import (
    SCENARIOS,
    change_small,
    large_files,
    many_files,
    many_stages,
    many_steps,
)
from scripts.bench.tools import Tool

Fill = Callable[[Path, int], None]
Point = tuple[int, float, int]

_CURVES: dict[str, tuple[Fill, tuple[int, ...]]] = {
    "files in the context": (partial(many_files, size=1000), (1000, 10_000, 100_000)),
    "stages": (many_stages, (10, 50, 200)),
    "steps": (many_steps, (20, 100, 500)),
    "GiB in the context": (large_files, (1, 4, 10)),
}
_LAYERS = (10, 60, 120)
_AT_ONCE = (1, 10, 50)
_MANY = "bench-many-layers"


def curves(tool: Tool, folder: Path) -> Iterator[Growth]:
    """Each curve: built for the first time, with nothing to do, and more where there is more."""
    for what, (fill, sizes) in _CURVES.items():
        kinds = ["cold", "nothing to do"]
        if fill is large_files:
            kinds.append("one changed")
        points: dict[str, list[Point]] = {kind: [] for kind in kinds}
        for size in sizes:
            with tempfile.TemporaryDirectory(dir=folder) as name:
                context = Path(name)
                fill(context, size)
                tool.forget()
                for kind, found in points.items():
                    if kind == "one changed":
                        change_small(context)
                    found.append((size, *run(tool.build(context), tool.env, memory=True)))
        yield from (Growth(f"{what}, {kind}", tuple(found)) for kind, found in points.items())
    yield Growth("layers of the base image, a step on top", tuple(_layers(tool, folder)))
    yield Growth("builds of one project at once, cold", tuple(_at_once(tool, folder)))
    tool.forget()


def _layers(tool: Tool, folder: Path) -> Iterator[Point]:
    for size in _LAYERS:
        tool.forget()
        with tempfile.TemporaryDirectory(dir=folder) as name:
            context = Path(name)
            many_steps(context, size)
            run(tool.build(context, "--layers=all", "-t", _MANY), tool.env)
            (context / "Dockerfile").write_text(f"FROM {_MANY}\nRUN echo > /top\n")
            yield (size, *run(tool.build(context), tool.env, memory=True))


def _at_once(tool: Tool, folder: Path) -> Iterator[Point]:
    """Of the scenario with three stages."""
    chained = next(one for one in SCENARIOS if one.name == "3 chained stages")
    for size in _AT_ONCE:
        tool.forget()
        with tempfile.TemporaryDirectory(dir=folder) as name:
            context = Path(name)
            chained.fill(context)
            commands: Sequence[Sequence[str]] = [tool.build(context)] * size
            yield (size, *run_at_once(commands, tool.env))

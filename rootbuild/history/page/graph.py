"""The stage graph as SVG: what needs what, from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from rootbuild.history.page.model import Model, Outcome, Vertex
from rootbuild.progress.findings import StageOutline
from rootbuild.progress.units import seconds

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 190, 62, 64, 18, 6
_MOST_LETTERS = 22


def graph(model: Model) -> str:
    """The SVG; nothing where there is only one stage."""
    stages = model.stages
    if len(stages) < 2:
        return ""
    places, columns = _layout(stages)
    width = columns * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN
    lowest = max(
        _corner(*place)[1] + (HEIGHT if isinstance(spot, str) else HEIGHT // 2)
        for spot, place in places.items()
    )
    height = lowest + MARGIN
    edges = "".join(
        _edge([_corner(*places[spot]) for spot in _way(need, stage.name, places)])
        for stage in stages
        for need in stage.needs
        if need in places
    )
    nodes = "".join(
        _node(stage, model.of(stage.name), *_corner(*places[stage.name])) for stage in stages
    )
    return (
        f'<svg class="graph" role="img" aria-label="stages and what they need" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">{edges}{nodes}</svg>'
    )


Spot = str | tuple[str, str, int]
"""A stage, or the free place that the edge between two leaves open in a column between them."""


def _layout(stages: Sequence[StageOutline]) -> tuple[dict[Spot, tuple[int, int]], int]:
    """Column and row of all spots, and how many columns there are.

    A stage's column is the length of the longest way that leads to it. In each column, spots are
    in the order of those that they come from.
    """
    depth: dict[str, int] = {}
    for stage in stages:  # what a stage needs is before it in the file
        depth[stage.name] = 1 + max((depth.get(need, -1) for need in stage.needs), default=-1)
    columns: list[list[Spot]] = [[] for _ in range(max(depth.values()) + 1)]
    comes_from: dict[Spot, list[Spot]] = {}
    for stage in stages:
        columns[depth[stage.name]].append(stage.name)
        for need in stage.needs:
            before: Spot = need
            for column in range(depth.get(need, 0) + 1, depth[stage.name]):
                spot: Spot = (need, stage.name, column)
                columns[column].append(spot)
                comes_from[spot] = [before]
                before = spot
            comes_from.setdefault(stage.name, []).append(before)
    places: dict[Spot, tuple[int, int]] = {}
    for column, spots in enumerate(columns):
        middles = {spot: _middle(spot, comes_from, places) for spot in spots}
        for row, found in enumerate(sorted(spots, key=middles.__getitem__)):
            places[found] = (column, row)
    return places, len(columns)


def _middle(
    spot: Spot, comes_from: Mapping[Spot, list[Spot]], places: Mapping[Spot, tuple[int, int]]
) -> float:
    """The row in the middle of those that lead to a spot."""
    rows = [places[other][1] for other in comes_from.get(spot, ()) if other in places]
    return sum(rows) / len(rows) if rows else 0.0


def _way(need: str, name: str, places: Mapping[Spot, tuple[int, int]]) -> list[Spot]:
    """All spots that the edge between two stages goes through."""
    between = range(places[need][0] + 1, places[name][0])
    return [need, *((need, name, column) for column in between), name]


def _corner(column: int, row: int) -> tuple[int, int]:
    return MARGIN + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y)


def outcome(vertices: Sequence[Vertex]) -> Outcome | str:
    """What has become of a stage as a whole; `skipped` if nothing of it was needed."""
    found = {vertex.outcome for vertex in vertices}
    for worst in ("failed", "canceled", "running", "done"):
        if worst in found:
            return worst
    return "cached" if found else "skipped"


def _node(stage: StageOutline, vertices: Sequence[Vertex], x: int, y: int) -> str:
    spent = sum(vertex.seconds for vertex in vertices)
    cached = sum(vertex.outcome == "cached" for vertex in vertices)
    told = f"{len(vertices) - cached} run, {cached} cached" if vertices else "not needed"
    title = f"{stage.name or 'stage'} (from {stage.base})" if stage.base else stage.name
    return (
        f'<a href="#stage-{escape(stage.name)}"><g class="node {outcome(vertices)}">'
        f"<title>{escape(title)}</title>"
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
        f'<rect class="stripe" x="{x}" y="{y + 10}" width="4" height="{HEIGHT - 20}" rx="2"/>'
        f'<text class="name" x="{x + 16}" y="{y + 26}">{_short(stage.name or "stage")}</text>'
        f'<text class="note" x="{x + 16}" y="{y + 46}">{told} · {seconds(spent)}</text>'
        "</g></a>"
    )


def _edge(corners: Sequence[tuple[int, int]]) -> str:
    """A line out of the first box, through free places, into the last one, with an arrow."""
    x, y = corners[0][0] + WIDTH, corners[0][1] + HEIGHT // 2
    path = [f"M{x},{y}"]
    for place, (left, top) in enumerate(corners[1:], 1):
        last, middle = place == len(corners) - 1, top + HEIGHT // 2
        end = left - 5 if last else left
        bend = (end - x) // 2
        path.append(f"C{x + bend},{y} {end - bend},{middle} {end},{middle}")
        x, y = left + WIDTH, middle
        if not last:
            path.append(f"H{x}")
    tip = corners[-1][0] - 1
    arrow = f"M{tip - 7},{y - 4} L{tip},{y} L{tip - 7},{y + 4}"
    return f'<path class="edge" d="{" ".join(path)}"/><path class="edge" d="{arrow}"/>'


def _short(name: str) -> str:
    return escape(name if len(name) <= _MOST_LETTERS else name[: _MOST_LETTERS - 1] + "…")

"""The stage graph as SVG: what needs what, from left to right."""

from __future__ import annotations

from collections.abc import Sequence
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
    columns = _columns(stages)
    places = {
        stage.name: (MARGIN + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y))
        for column, names in enumerate(columns)
        for row, stage in enumerate(names)
    }
    width = len(columns) * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN
    height = max(map(len, columns)) * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    edges = "".join(
        _edge(places[need], places[stage.name])
        for stage in stages
        for need in stage.needs
        if need in places
    )
    nodes = "".join(_node(stage, model.of(stage.name), *places[stage.name]) for stage in stages)
    return (
        f'<svg class="graph" role="img" aria-label="stages and what they need" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">{edges}{nodes}</svg>'
    )


def _columns(stages: Sequence[StageOutline]) -> list[list[StageOutline]]:
    """Stages by the length of the longest way that leads to them."""
    depth: dict[str, int] = {}
    for stage in stages:  # what a stage needs is before it in the file
        depth[stage.name] = 1 + max((depth.get(need, 0) for need in stage.needs), default=0)
    last = max(depth.values())
    return [[s for s in stages if depth[s.name] == level] for level in range(1, last + 1)]


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


def _edge(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + WIDTH, start[1] + HEIGHT // 2
    x2, y2 = end[0], end[1] + HEIGHT // 2
    bend = max((x2 - x1) // 2, 24)
    path = f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2 - 5},{y2}"
    arrow = f"M{x2 - 8},{y2 - 4} L{x2 - 1},{y2} L{x2 - 8},{y2 + 4}"
    return f'<path class="edge" d="{path}"/><path class="edge" d="{arrow}"/>'


def _short(name: str) -> str:
    return escape(name if len(name) <= _MOST_LETTERS else name[: _MOST_LETTERS - 1] + "…")

"""Steps over time: a lane for each stage, so that what ran at once is seen above each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from rootbuild.history.page.model import Model, Vertex
from rootbuild.progress.units import seconds

LABELLED = 5
"""How many hundredths of the whole a bar must take for its name to be in it."""

_TICKS = 6
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)


def timeline(model: Model, total: float) -> str:
    """The lanes, as wide as the whole build took."""
    total = max(total, 0.001)
    lanes = [(None, "rootbuild"), *((s.name, s.name or "stage") for s in model.stages)]
    rows = "".join(
        _lane(title, row, total) for name, title in lanes for row in _rows(model.of(name))
    )
    return f'<div class="timeline"><div class="lanes">{_axis(total)}{rows}</div></div>'


def _rows(vertices: Sequence[Vertex]) -> Iterator[list[Vertex]]:
    """Vertices that do not overlap share a row."""
    rows: list[list[Vertex]] = []
    for vertex in sorted(vertices, key=lambda vertex: (vertex.start, vertex.number)):
        for row in rows:
            if row[-1].end <= vertex.start + 1e-6:
                row.append(vertex)
                break
        else:
            rows.append([vertex])
    yield from rows


def _lane(title: str, vertices: Sequence[Vertex], total: float) -> str:
    bars = "".join(_bar(vertex, total) for vertex in vertices)
    name = escape(title)
    return (
        f'<div class="lane"><div class="lane-name" title="{name}">{name}</div>'
        f'<div class="lane-bars">{bars}</div></div>'
    )


def _bar(vertex: Vertex, total: float) -> str:
    left, width = 100 * vertex.start / total, 100 * vertex.seconds / total
    left, width = min(left, 100.0), max(min(width, 100.0 - left), 0.0)
    text = f"{vertex.name}\n{_told(vertex)}"
    label = f"<span>{escape(_short(vertex.name))}</span>" if width >= LABELLED else ""
    return (
        f'<a class="bar {vertex.outcome}" href="#step-{vertex.number}" title="{escape(text)}" '
        f'style="left:{left:.3f}%;width:{width:.3f}%">{label}</a>'
    )


def _told(vertex: Vertex) -> str:
    if vertex.outcome == "cached":
        return "cached"
    return f"{seconds(vertex.seconds)}, begun after {seconds(vertex.start)}"


def _short(name: str) -> str:
    """Without the brackets in front, which the lane says."""
    return name.partition("] ")[2] or name


def _axis(total: float) -> str:
    step = next((step for step in _STEPS if total / step <= _TICKS), _STEPS[-1])
    marks, at = [], 0.0
    while at <= total:
        marks.append(f'<i style="left:{100 * at / total:.3f}%"><b>{_mark(at)}</b></i>')
        at += step
    return f'<div class="axis"><div></div><div class="ticks">{"".join(marks)}</div></div>'


def _mark(at: float) -> str:
    if at >= 60:
        return seconds(at)
    return f"{at:g}s" if abs(at - round(at)) > 1e-6 else f"{round(at)}s"

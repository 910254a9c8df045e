"""What was measured, as Markdown and as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from scripts.bench.measure import Times

OURS = "rootbuild"
COLOURS = {OURS: "#1f9d55", "buildah": "#8b5cf6", "podman": "#3b82f6", "BuildKit": "#f59e0b"}
ROW, GAP, LEFT, WIDTH = 14, 18, 230, 860


@dataclass(frozen=True, slots=True)
class Row:
    """All tools in one scenario, and its floor if it has one."""

    scenario: str
    kind: str
    times: dict[str, Times]
    floor: Times | None = None

    @property
    def title(self) -> str:
        """How it is called."""
        return f"{self.scenario}, {self.kind}"


@dataclass(frozen=True, slots=True)
class Growth:
    """How long rootbuild takes, and its memory, as something grows: (size, seconds, bytes)."""

    what: str
    points: tuple[tuple[int, float, int], ...]


def table(rows: Sequence[Row]) -> str:
    """Medians with their spread, and rootbuild's share of each other tool's and of the floor."""
    names = list(dict.fromkeys(name for row in rows for name in row.times))
    others = [name for name in names if name != OURS]
    shares = [f"of {name}" for name in others]
    head = ["scenario", *names, *shares, "floor", "of the floor", "rootbuild's memory"]
    lines = [_line(head), _line(["---"] * len(head))]
    for row in rows:
        ours = row.times.get(OURS)
        shown = [_times(row.times.get(name)) for name in names]
        ratios = [_ratio(ours, row.times.get(name)) for name in others]
        memory = f"{ours.memory / 1e6:.0f} MB" if ours and ours.memory else ""
        lowest = [_times(row.floor), _ratio(ours, row.floor)]
        lines.append(_line([row.title, *shown, *ratios, *lowest, memory]))
    return "\n".join(lines)


def growth_table(curves: Iterable[Growth]) -> str:
    """Sizes and what they cost."""
    lines = [_line(["what", "size", "seconds", "rootbuild's memory"]), _line(["---"] * 4)]
    for curve in curves:
        for size, seconds, memory in curve.points:
            lines.append(
                _line([curve.what, f"{size:,}", f"{seconds:.2f}", f"{memory / 1e6:.0f} MB"])
            )
    return "\n".join(lines)


def plot(rows: Sequence[Row]) -> str:
    """A bar for each tool, as a share of the slowest one in that scenario (SVG)."""
    parts = []
    y = 44
    for row in rows:
        most = max(times.median for times in row.times.values())
        middle = y + len(row.times) * ROW / 2 + 4
        parts.append(_text(LEFT - 10, middle, row.title, anchor="end"))
        for name, times in row.times.items():
            length = max(times.median / most * (WIDTH - LEFT - 80), 1)
            colour = COLOURS.get(name, "#888")
            parts.append(_bar(LEFT, y, length, colour))
            parts.append(_text(LEFT + length + 5, y + ROW - 5, f"{times.median:.2f} s"))
            y += ROW
        y += GAP
    legend = []
    x = LEFT
    for name, colour in COLOURS.items():
        legend.append(_bar(x, 14, 11, colour))
        legend.append(_text(x + 16, 24, name))
        x += 110
    style = (
        "text{font:11px sans-serif;fill:#333}.back{fill:#fff}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}.back{fill:#16181d}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" '
        f'aria-label="Seconds per scenario and tool"><style>{style}</style>'
        f'<rect class="back" width="{WIDTH}" height="{y}"/>{"".join(legend + parts)}</svg>\n'
    )


def _bar(x: float, y: float, width: float, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{ROW - 3}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'


def _times(times: Times | None) -> str:
    if times is None:
        return ""
    low, high = min(times.seconds), max(times.seconds)
    return f"{times.median:.2f} ({low:.2f}-{high:.2f})"


def _ratio(ours: Times | None, other: Times | None) -> str:
    return f"**{ours.median / other.median:.2f}**" if ours and other else ""


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"

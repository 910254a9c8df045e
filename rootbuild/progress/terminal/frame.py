"""What runs, as it is drawn: a headline, and the running steps beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rootbuild.progress.terminal.lines import ELLIPSIS, Paper, cells, clean, fitted, last_lines
from rootbuild.progress.terminal.state import Counts, Item, State, Vertex
from rootbuild.progress.units import seconds, transfer

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ASCII_SPINNER = "|/-\\"
TURNS_A_SECOND = 10
NARROWEST = 46
"""How many cells a column needs, for there to be another one beside it."""

MOST_LINES = 8
MOST_ITEMS = 4
_MARGIN = 1


def frame(state: State, now: float, paper: Paper, height: int) -> RenderableType:
    """All that is drawn below the lines that stay, in less than `height` rows."""
    running = state.shown()
    columns = max(min(len(running), paper.width // NARROWEST), 1)
    room = max(height - 3, 1)
    rows = -(-len(running) // columns)
    if rows > room:
        running, rows = running[: room * columns], room
    each = min(room // rows - 1, MOST_LINES) if rows else 0
    width = paper.width // columns - _MARGIN
    body = Table.grid(padding=(0, _MARGIN, 0, 0))
    for _ in range(columns):
        body.add_column(width=width, no_wrap=True, overflow="crop")
    found: list[RenderableType] = [_cell(vertex, now, width, each, paper) for vertex in running]
    for first in range(0, len(found), columns):
        body.add_row(*found[first : first + columns])
    return Group(_headline(state, len(running), now, paper), body)


def drawn(console: Console, content: RenderableType) -> list[tuple[int, str]]:
    """The lines of something as they are to be written, each with its width in cells."""
    with console.capture() as capture:
        console.print(content, crop=True)
    lines = capture.get().rstrip("\n").split("\n")
    return [(cells(clean(line)), line) for line in lines]


def _headline(state: State, shown: int, now: float, paper: Paper) -> RenderableType:
    counts = state.counts
    text = Text(no_wrap=True, overflow="crop")
    text.append(f" {_turning(now, paper)} ", "bold cyan")
    text.append(f"Building {seconds(now - state.began)}", "bold")
    text.append(f"  {_told(counts)}", "dim")
    hidden = len(state.running) - shown
    if hidden > 0:
        text.append(f"  +{hidden} more running", "yellow")
    bar = paper.width - text.cell_len - 3
    if counts.total and bar >= 12:
        line = Table.grid(padding=(0, 2, 0, 0))
        done = min(counts.cached + counts.done, counts.total)
        line.add_row(text, _bar(counts.total, done, min(bar, 40), paper))
        return line
    text.truncate(paper.width)
    return text


def _told(counts: Counts) -> str:
    over = counts.cached + counts.done
    steps = f"{over}/{max(counts.total, over)} steps" if counts.total else f"{over} steps"
    return f"{steps}, {counts.cached} cached" if counts.cached else steps


def _cell(vertex: Vertex, now: float, width: int, lines: int, paper: Paper) -> RenderableType:
    """A running vertex: its name and time, what it moves, and the end of its output."""
    passed = seconds(now - vertex.began)
    room = max(width - cells(passed) - 4, 4)
    name = fitted(clean(vertex.name), room, paper.mark(ELLIPSIS))
    title = Text(no_wrap=True, overflow="crop")
    title.append(f" {_turning(now, paper)} ", "cyan")
    title.append(name + " " * max(room - cells(name), 0), "bold")
    title.append(f" {passed}", "cyan")
    found: list[RenderableType] = [title]
    items = _items(vertex, min(lines, MOST_ITEMS))
    found += [_item(name, item, now, width, paper) for name, item in items]
    rule = "│" if paper.unicode else "|"
    for line in last_lines(vertex.tail, max(lines - len(items), 0)):
        shown = fitted(line, max(width - 5, 1), paper.mark(ELLIPSIS))
        found.append(Text(f"   {rule} {shown}", "dim", no_wrap=True, overflow="crop"))
    return Group(*found)


def _items(vertex: Vertex, most: int) -> Sequence[tuple[str, Item]]:
    """Those that are not complete, and if none is left, the last."""
    items = [(name, item) for name, item in vertex.items.items() if item.current]
    open_ = [(name, item) for name, item in items if not 0 < item.total <= item.current]
    return (open_ or items[-1:])[:most] if most > 0 else ()


def _item(name: str, item: Item, now: float, width: int, paper: Paper) -> RenderableType:
    text = transfer(item.current, item.total, now - item.began)
    room = width - cells(text) - 6
    short = fitted(_short(clean(name)), max(min(room // 2, 24), 0), paper.mark(ELLIPSIS))
    bar = room - cells(short) - 1
    if item.total <= 0 or bar < 6:
        line = fitted(f"   {short} {text}", width, paper.mark(ELLIPSIS))
        return Text(line, "green", no_wrap=True, overflow="crop")
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(Text(f"   {short}"), _bar(item.total, item.current, bar, paper), Text(text, "dim"))
    return grid


def _short(name: str) -> str:
    """A digest by its first letters."""
    return name[7:19] if name.startswith("sha256:") else name


def _bar(total: int, current: int, width: int, paper: Paper) -> RenderableType:
    if paper.unicode and paper.colours:
        return ProgressBar(
            total=total,
            completed=min(current, total),
            width=width,
            complete_style="cyan",
            finished_style="green",
        )
    full = int(width * min(current / total, 1))
    signs = ("━", "─") if paper.unicode else ("#", ".")
    return Text(signs[0] * full + signs[1] * (width - full), no_wrap=True)


def _turning(now: float, paper: Paper) -> str:
    spinner = SPINNER if paper.unicode else ASCII_SPINNER
    return spinner[int(now * TURNS_A_SECOND) % len(spinner)]

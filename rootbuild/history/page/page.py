"""The page of a build: everything inline, nothing loaded, nothing run but a few lines of ours."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from rootbuild.history.folder import Record
from rootbuild.history.page.graph import graph
from rootbuild.history.page.model import Model, Vertex, gather
from rootbuild.history.page.timeline import timeline
from rootbuild.progress.units import seconds, size

MOST_LOG = 256 << 10
"""How many letters of a step's output are on the page; `history logs` has all that was kept."""

SMALLEST_PART = 200
"""Files that are a smaller part of the context than one of so many are not listed."""

_HERE = Path(__file__).parent
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
_WORDS = {
    "done": "run",
    "cached": "cached",
    "failed": "failed",
    "canceled": "canceled",
    "running": "not ended",
}


def page(record: Record) -> str:
    """A whole HTML document about a build."""
    model = gather(record.events())
    total = record.seconds if record.seconds is not None else model.last
    title = f"{record.head.name or record.head.id} · build"
    parts = [
        _header(record, model, total),
        _failure(record),
        _section("Stages", graph(model), scroll=True),
        _section("Timeline", timeline(model, total) if model.vertices else ""),
        _section("Steps", "".join(_steps(model))),
        _section("Layers", _layers(model)),
        _section("Build context", _context(model)),
        _section("Warnings", _list(model.warnings)),
        _section("Asked for", _asked(record)),
    ]
    style = (_HERE / "style.css").read_text("utf-8")
    script = (_HERE / "script.js").read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"<title>{_text(title)}</title><style>\n{style}</style></head><body><main>"
        + "".join(parts)
        + f"</main><script>\n{script}</script></body></html>\n"
    )


def _header(record: Record, model: Model, total: float) -> str:
    head, end = record.head, record.end
    started = datetime.fromtimestamp(head.started).astimezone()
    cached = sum(v.outcome == "cached" for v in model.vertices.values() if v.stage is not None)
    steps = sum(v.stage is not None for v in model.vertices.values())
    facts = {
        "Duration": seconds(total),
        "Steps": f"{steps}, {cached} cached",
        "Started": f"{started:%Y-%m-%d %H:%M:%S}",
        "Image size": size(model.built.bytes) if model.built and model.built.bytes >= 0 else "",
        "Image": f"sha256:{end.image[:12]}" if end is not None and end.image else "",
        "Build ID": head.id,
    }
    shown = "".join(
        f"<div><dt>{name}</dt><dd>{_text(value)}</dd></div>"
        for name, value in facts.items()
        if value
    )
    return (
        f'<header><div class="top"><h1>{_text(head.name or head.id)}</h1>'
        f'<span class="badge {record.status}">{record.status}</span>'
        '<button id="theme" type="button" aria-label="switch between light and dark">'
        f'◐</button></div><dl class="facts">{shown}</dl></header>'
    )


def _failure(record: Record) -> str:
    end = record.end
    if end is None:
        if record.status != "killed":
            return ""
        told = "The build was killed: nothing is known of how it ended."
        return f'<section class="failure"><h2>Killed</h2><p>{told}</p></section>'
    if not end.message:
        return ""
    quoted = "".join(f"<pre>{_text(part)}</pre>" for part in (end.excerpt, end.detail) if part)
    hint = f'<p class="hint">{_text(end.hint)}</p>' if end.hint else ""
    return (
        f'<section class="failure"><h2>{end.status.capitalize()}</h2>'
        f"<p>{_text(end.message)}</p>{quoted}{hint}</section>"
    )


def _steps(model: Model) -> Iterator[str]:
    groups = [(stage.name, stage.name or "stage") for stage in model.stages]
    for name, title in groups:
        found = model.of(name)
        if found:
            yield f'<h3 id="stage-{_text(name)}">{_text(title)}</h3>'
            yield "".join(_step(vertex) for vertex in found)
    others = model.of(None)
    if others:
        yield "<h3>rootbuild</h3>" + "".join(_step(vertex) for vertex in others)


def _step(vertex: Vertex) -> str:
    spent = "" if vertex.outcome == "cached" else seconds(vertex.seconds)
    moved = size(vertex.moved) if vertex.moved else ""
    why = f"<small>{_text(vertex.reasons[0])}</small>" if vertex.reasons else ""
    summary = (
        f'<span class="dot {vertex.outcome}"></span><code>{_text(vertex.name)}{why}</code>'
        f'<span class="right">{moved} <b>{_WORDS[vertex.outcome]}</b> {spent}</span>'
    )
    body = "".join(_body(vertex))
    if not body:
        return (
            f'<div class="step" id="step-{vertex.number}"><div class="line">{summary}</div></div>'
        )
    opened = " open" if vertex.outcome == "failed" else ""
    return (
        f'<details class="step" id="step-{vertex.number}"{opened}>'
        f'<summary class="line">{summary}</summary><div class="body">{body}</div></details>'
    )


def _body(vertex: Vertex) -> Iterator[str]:
    if vertex.reasons:
        yield f"<h4>Why it ran</h4>{_list(vertex.reasons, 'reasons')}"
    if vertex.message and vertex.outcome == "failed":
        yield f'<p class="error">{_text(vertex.message)}</p>'
    if vertex.remarks:
        yield _list(vertex.remarks, "remarks")
    text = vertex.text
    if text:
        left_out = len(text) - MOST_LOG
        note = f"… {left_out} letters before this are left out …\n" if left_out > 0 else ""
        yield f"<pre>{note}{_text(text[-MOST_LOG:])}</pre>"


def _layers(model: Model) -> str:
    if model.built is None or not model.built.layers:
        return ""
    rows = [(layer.created_by or "(a layer)", layer.bytes) for layer in model.built.layers]
    return _bars(rows)


def _context(model: Model) -> str:
    found = model.context
    if found is None:
        return ""
    large = [row for row in found.largest if row[1] * SMALLEST_PART >= found.bytes]
    told = f"<p>{size(found.bytes)} in {found.files} files are taken out of the context.</p>"
    folders = f"<h4>Folders</h4>{_bars(found.folders)}" if found.folders else ""
    return f"{told}<h4>Largest files</h4>{_bars(large or found.largest[:3])}{folders}"


def _bars(rows: Sequence[tuple[str, int]]) -> str:
    """Rows with a size, and how it compares with the largest of them."""
    most = max((count for _, count in rows), default=0) or 1
    return '<div class="bars">' + "".join(_size_row(n, c, most) for n, c in rows) + "</div>"


def _size_row(name: str, count: int, most: int) -> str:
    width = 100 * max(count, 0) / most
    return (
        f'<div class="size"><code title="{_text(name)}">{_text(name)}</code>'
        f'<span class="meter"><i style="width:{width:.2f}%"></i></span>'
        f"<span>{size(count)}</span></div>"
    )


def _asked(record: Record) -> str:
    head = record.head
    rows = {
        "Context": head.context,
        "Dockerfile": head.dockerfile,
        "Target": head.target,
        "Platform": head.platform,
        "Tags": ", ".join(head.tags),
        "Options": " ".join(head.options),
        "Engine": f"{head.engine}, {head.program}",
        **{f"ARG {name}": value or "(not kept)" for name, value in head.arguments.items()},
        **{f"LABEL {name}": value for name, value in head.labels.items()},
    }
    found = "".join(
        f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>"
        for name, value in rows.items()
        if value
    )
    return f"<table>{found}</table>"


def _list(texts: Iterable[str], kind: str = "") -> str:
    rows = "".join(f"<li>{_text(text)}</li>" for text in texts)
    return f'<ul class="{kind}">{rows}</ul>' if rows else ""


def _section(title: str, content: str, *, scroll: bool = False) -> str:
    if not content:
        return ""
    inner = f'<div class="scroll">{content}</div>' if scroll else content
    return f"<section><h2>{title}</h2>{inner}</section>"


def _text(text: str) -> str:
    """Text as HTML: nothing in it is markup, and what no page may hold is left out."""
    kept = "".join(char for char in text if char in "\n\t" or " " <= char != "\x7f")
    return html.escape(kept.encode("utf-8", "replace").decode())

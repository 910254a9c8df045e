"""The stages of a file and why each is needed: as text, JSON, Mermaid and Graphviz."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from rootbuild.describe.texts import Json, filled, rendered
from rootbuild.dockerfile.instructions import Run
from rootbuild.errors import unreachable
from rootbuild.graph.stages import (
    SCRATCH,
    Base,
    ContextBase,
    ImageBase,
    ScratchBase,
    StageBase,
    StageGraph,
)
from rootbuild.records import dataclass

Kind = Literal["stage", "image", "context"]


@dataclass(frozen=True, slots=True)
class Edge:
    """`user` needs `used`, because of a line of the file.

    That is a stage by its number, or an image or named context by its name, as `kind` says.
    """

    user: int
    kind: Kind
    used: int | str
    why: str
    line: int


def edges(graph: StageGraph) -> tuple[Edge, ...]:
    """All that stages need, in the order of the file."""
    return tuple(_edges(graph))


def graph_text(graph: StageGraph) -> str:
    """A paragraph for each stage: what it needs, and what needs it or that nothing does."""
    wanted = {stage.index for stage in graph.needed()}
    found = edges(graph)
    blocks = []
    for stage in graph.stages:
        reasons = ["it is the target"] if stage.index == graph.target else []
        reasons += [
            f"{_name(graph, edge.user)} {_VERBS[edge.why.removeprefix(_TRIGGER)]} it"
            f" (line {edge.line})"
            for edge in found
            if edge.used == stage.index and edge.user in wanted
        ]
        state = f"needed: {'; '.join(reasons)}" if stage.index in wanted else "not needed"
        lines = [f"{stage.index} {stage.name} ({state})"]
        lines += [
            f"    {edge.why} {_used(graph, edge)} (line {edge.line})"
            for edge in found
            if edge.user == stage.index
        ]
        blocks.append("\n".join(lines))
    return "\n".join(blocks) + "\n"


def graph_json(graph: StageGraph) -> str:
    """The stages with their needs."""
    wanted = {stage.index for stage in graph.needed()}
    found = edges(graph)
    stages: list[Json] = []
    for stage in graph.stages:
        needs: list[Json] = [
            {edge.kind: edge.used, "why": edge.why, "line": edge.line}
            for edge in found
            if edge.user == stage.index
        ]
        document: dict[str, Json] = {
            "index": stage.index,
            "name": stage.name,
            "line": stage.start.location.start,
            "needed": stage.index in wanted,
            "needs": needs,
        }
        stages.append({**document, **filled(platform=stage.platform)})
    return rendered({"target": graph.target, "stages": stages})


def graph_mermaid(graph: StageGraph) -> str:
    """A Mermaid flowchart; stages that are not needed are dashed."""
    wanted = {stage.index for stage in graph.needed()}
    lines = ["flowchart LR"]
    for stage in graph.stages:
        style = "" if stage.index in wanted else ":::unneeded"
        lines.append(f'    s{stage.index}["{_escaped(stage.name, "#quot;")}"]{style}')
    images = _images(graph)
    for name, identity in images.items():
        lines.append(f'    {identity}(["{_escaped(name, "#quot;")}"])')
    for edge in edges(graph):
        lines.append(f"    {_identity(edge, images)} -->|{edge.why}| s{edge.user}")
    lines.append("    classDef unneeded stroke-dasharray: 4")
    return "\n".join(lines) + "\n"


def graph_dot(graph: StageGraph) -> str:
    """A Graphviz digraph; stages that are not needed are dashed."""
    wanted = {stage.index for stage in graph.needed()}
    lines = ["digraph stages {", "  rankdir=LR;"]
    for stage in graph.stages:
        style = "solid" if stage.index in wanted else "dashed"
        name = _escaped(stage.name, '\\"')
        lines.append(f'  s{stage.index} [label="{name}", shape=box, style={style}];')
    images = _images(graph)
    for name, identity in images.items():
        lines.append(f'  {identity} [label="{_escaped(name, chr(92) + chr(34))}", shape=oval];')
    for edge in edges(graph):
        lines.append(f'  {_identity(edge, images)} -> s{edge.user} [label="{edge.why}"];')
    return "\n".join([*lines, "}"]) + "\n"


_BASE, _COPY, _MOUNT, _TRIGGER = "FROM", "COPY --from", "RUN --mount", "ONBUILD "
_VERBS = {_BASE: "is based on", _COPY: "copies from", _MOUNT: "mounts"}
FORMATS: Mapping[str, Callable[[StageGraph], str]] = {
    "text": graph_text,
    "mermaid": graph_mermaid,
    "dot": graph_dot,
    "json": graph_json,
}


def _edges(graph: StageGraph) -> Iterator[Edge]:
    for stage in graph.stages:
        yield Edge(stage.index, *_end(stage.base), _BASE, stage.start.location.start)
        for position, source in stage.sources:
            instruction = stage.instructions[position]
            why = _MOUNT if isinstance(instruction, Run) else _COPY
            why = _TRIGGER + why if instruction.location.trigger else why
            yield Edge(stage.index, *_end(source), why, instruction.location.start)


def _end(base: Base) -> tuple[Kind, int | str]:
    match base:
        case ImageBase():
            return "image", base.reference
        case ScratchBase():
            return "image", SCRATCH
        case ContextBase():
            return "context", base.name
        case StageBase():
            return "stage", base.index
        case _:
            unreachable(base)


def _images(graph: StageGraph) -> dict[str, str]:
    """What is drawn besides stages, by what is written on it."""
    names = dict.fromkeys(_label(edge) for edge in edges(graph) if edge.kind != "stage")
    return {name: f"i{number}" for number, name in enumerate(names)}


def _identity(edge: Edge, images: Mapping[str, str]) -> str:
    return f"s{edge.used}" if edge.kind == "stage" else images[_label(edge)]


def _label(edge: Edge) -> str:
    return f"context {edge.used}" if edge.kind == "context" else str(edge.used)


def _name(graph: StageGraph, index: int) -> str:
    return graph.stages[index].name


def _used(graph: StageGraph, edge: Edge) -> str:
    if isinstance(edge.used, str):
        return _label(edge)
    return f"stage {edge.used} {_name(graph, edge.used)}"


def _escaped(name: str, quote: str) -> str:
    return name.replace('"', quote)

"""ONBUILD: what a base triggers stands right behind the FROM that names it, as if written there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from rootbuild.dockerfile.instructions import AnyInstruction, Dockerfile, From, Onbuild
from rootbuild.dockerfile.parse import parse_trigger
from rootbuild.errors import DockerfileError
from rootbuild.graph.stages import Base, Head, Stage, StageBase, StageGraph
from rootbuild.records import replace

Triggers = Mapping[Base, Sequence[str]]


def replay(
    graph: StageGraph, triggers: Triggers, resolve: Callable[[Sequence[Head], int], Stage]
) -> StageGraph:
    """The graph with what bases trigger in front of the instructions of each stage that is needed.

    An image triggers what `triggers` has for it, a stage what its own ONBUILDs say, and only in
    those that are based on it directly. What is triggered may name stages that nothing else needs.
    `resolve` makes a stage of its instructions. As in BuildKit, stages that are not needed stay as
    they are, whatever their bases trigger. Raises DockerfileError at the FROM.
    """
    stages = list(graph.stages)
    heads = [(stage.start, stage.instructions) for stage in stages]
    wanted = {graph.target}
    # A stage can only need earlier ones, so all that want a stage are known before it is looked at.
    for index in range(graph.target, -1, -1):
        if index not in wanted:
            continue
        start, body = heads[index]
        triggered = _parsed(
            _expressions(graph, stages[index].base, triggers), start, graph.dockerfile
        )
        if triggered:
            heads[index] = (start, (*triggered, *body))
            stages[index] = resolve(heads, index)
        wanted.update(stages[index].needs)
    return replace(graph, stages=tuple(stages))


def _expressions(graph: StageGraph, base: Base, triggers: Triggers) -> Iterable[str]:
    if not isinstance(base, StageBase):
        return triggers.get(base, ())
    instructions = graph.stages[base.index].instructions
    return [item.expression for item in instructions if isinstance(item, Onbuild)]


def _parsed(
    expressions: Iterable[str], start: From, dockerfile: Dockerfile
) -> tuple[AnyInstruction, ...]:
    found = []
    for expression in expressions:
        location = replace(start.location, trigger=expression.partition("\n")[0])
        try:
            found.append(parse_trigger(expression, location, dockerfile.escape))
        except DockerfileError as error:
            error.locate(location, dockerfile.source)
            raise
    return tuple(found)

"""What a build can be given, as `--call=outline` lists it: arguments, secrets, agents, caches."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from rootbuild.describe.texts import Json, columns, encoded, filled, place, rendered
from rootbuild.dockerfile.expand import ExpandError, trace
from rootbuild.dockerfile.instructions import Arg, ArgPair, From, Run
from rootbuild.errors import Location, unreachable
from rootbuild.graph.stages import (
    ContextBase,
    ImageBase,
    ScratchBase,
    Stage,
    StageBase,
    StageGraph,
)
from rootbuild.lint.bases import declared_globals
from rootbuild.lint.scope import Build, Scope, scope_of_image
from rootbuild.lint.variables import mount_fields
from rootbuild.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Argument:
    """A build argument that the target uses."""

    name: str
    value: str
    description: str
    location: Location


@dataclass(frozen=True, slots=True)
class Need:
    """A secret, an SSH agent or a cache that a RUN mounts."""

    kind: str
    name: str
    required: bool
    location: Location


@dataclass(frozen=True, slots=True)
class Outline:
    """All that concerns a target, in the order of the file."""

    name: str
    description: str
    arguments: tuple[Argument, ...]
    needs: tuple[Need, ...]
    source: str

    def text(self) -> str:
        """Tables, each followed by an empty line; those without rows are left out."""
        head = []
        if self.name or self.description:
            head = [("TARGET:", self.name or "(default)")]
            head += [("DESCRIPTION:", self.description)] if self.description else []
        arguments = [(item.name, item.value, item.description) for item in self.arguments]
        blocks = [
            columns(head, gap=1) if head else "",
            _table(("BUILD ARG", "VALUE", "DESCRIPTION"), arguments),
            _table(("SECRET", "REQUIRED"), self._rows("secret")),
            _table(("SSH", "REQUIRED"), self._rows("ssh")),
        ]
        return "".join(f"{block}\n" for block in blocks if block)

    def json(self) -> str:
        """BuildKit's `result.json`."""
        arguments: list[Json] = [
            filled(
                name=item.name,
                description=item.description,
                value=item.value,
                location=place(item.location),
            )
            for item in self.arguments
        ]
        return rendered(
            filled(
                name=self.name,
                description=self.description,
                args=arguments,
                secrets=self._listed("secret"),
                ssh=self._listed("ssh"),
                cache=self._listed("cache"),
                sources=[encoded(self.source)],
            )
        )

    def _rows(self, kind: str) -> list[tuple[str, ...]]:
        found = [need for need in self.needs if need.kind == kind]
        return [(need.name, "true" if need.required else "") for need in found]

    def _listed(self, kind: str) -> list[Json]:
        key = "ID" if kind == "cache" else "name"
        return [
            filled(**{key: need.name}, required=need.required, location=place(need.location))
            for need in self.needs
            if need.kind == kind
        ]


def outline(graph: StageGraph, build_args: Mapping[str, str]) -> Outline:
    """The outline of the graph's target: of it and of all stages that it needs."""
    build = Build(build_args, dict(graph.global_args), graph.dockerfile.escape)
    target = graph.stages[graph.target].start
    arguments: dict[str, Argument] = {}
    needs: dict[tuple[str, str], Need] = {}
    for item in _globals_used(graph, build):
        arguments.setdefault(item.name, item)
    scopes: dict[int, Scope] = {}
    for stage in graph.needed():
        scope = _start(stage, scopes)
        for instruction in stage.instructions:
            after = scope.after(instruction, build)
            if isinstance(instruction, Arg):
                for item in _arguments(instruction, after, graph):
                    arguments.setdefault(item.name, item)
            elif isinstance(instruction, Run):
                for need in _needs(instruction, scope, build):
                    needs.setdefault((need.kind, need.name), need)
            scope = after
        scopes[stage.index] = scope
    return Outline(
        (target.name or "").lower(),
        target.comment,
        tuple(sorted(arguments.values(), key=lambda item: item.location.start)),
        tuple(sorted(needs.values(), key=lambda need: need.location.start)),
        graph.dockerfile.source,
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    found = list(rows)
    return columns([head, *found]) if found else ""


def _start(stage: Stage, scopes: Mapping[int, Scope]) -> Scope:
    match stage.base:
        case StageBase():
            return scopes[stage.base.index]
        case ImageBase() | ScratchBase() | ContextBase():
            return scope_of_image(None)
        case _:
            unreachable(stage.base)


def _globals(graph: StageGraph) -> dict[str, tuple[Arg, ArgPair]]:
    return {
        pair.key: (arg, pair) for arg in declared_globals(graph.dockerfile) for pair in arg.pairs
    }


def _globals_used(graph: StageGraph, build: Build) -> Iterator[Argument]:
    """Global ARGs that a FROM of the target's stages uses, and those that their defaults use."""
    declared = _globals(graph)
    queue = [
        name
        for stage in graph.needed()
        for word in _from_words(stage.start)
        for name in _variables(word, build)
    ]
    seen: set[str] = set()
    while queue:
        name = queue.pop()
        if name in seen or name not in declared:
            continue
        seen.add(name)
        arg, pair = declared[name]
        yield Argument(name, build.globals.get(name, ""), pair.comment, arg.location)
        if name not in build.given:
            queue += _variables(pair.value or "", build)


def _from_words(start: From) -> tuple[str, ...]:
    return (start.image, start.platform or "")


def _variables(word: str, build: Build) -> frozenset[str]:
    try:
        found = trace(word, build.globals, escape=build.escape)
    except ExpandError:
        return frozenset()
    return found.used | found.unset


def _arguments(arg: Arg, scope: Scope, graph: StageGraph) -> Iterator[Argument]:
    """ARGs of a stage; one without a default is told by the global one of its name."""
    declared = _globals(graph)
    for pair in arg.pairs:
        described, location = pair, arg.location
        if pair.value is None and pair.key in declared:
            above, found = declared[pair.key]
            location = above.location
            described = pair if pair.comment else replace(pair, comment=found.comment)
        yield Argument(pair.key, scope.env.get(pair.key, ""), described.comment, location)


def _needs(run: Run, scope: Scope, build: Build) -> Iterator[Need]:
    for mount in run.mounts:
        fields = {
            key.lower(): scope.expanded(value, build) if equals else "true"
            for key, equals, value in (field.partition("=") for field in mount_fields(mount))
        }
        kind = fields.get("type", "bind")
        if kind in ("secret", "ssh", "cache"):
            required = fields.get("required", "false").lower() == "true"
            yield Need(kind, _identity(kind, fields), required, run.location)


def _identity(kind: str, fields: Mapping[str, str]) -> str:
    target = next((fields[key] for key in ("target", "dst", "destination") if key in fields), "")
    if "id" in fields:
        return fields["id"]
    if kind == "ssh":
        return "default"
    if kind == "cache":
        return posixpath.normpath(target)
    return posixpath.basename(target) or fields.get("env", "")

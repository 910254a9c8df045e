"""All rules on a whole file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rootbuild.context.named import NO_CONTEXTS, NamedContexts
from rootbuild.dockerfile.ignore import Matcher
from rootbuild.dockerfile.instructions import Dockerfile
from rootbuild.dockerfile.parse import type_so_far
from rootbuild.dockerfile.tree import parse_tree
from rootbuild.errors import DockerfileError, RootbuildError, unreachable
from rootbuild.graph.arguments import platform_args
from rootbuild.graph.resolve import resolve
from rootbuild.graph.stages import (
    ContextBase,
    ImageBase,
    ScratchBase,
    Stage,
    StageBase,
    StageGraph,
)
from rootbuild.image.config import ImageConfig, platform_of
from rootbuild.image.platform import Platform, build_platform, parse_platform
from rootbuild.lint.bases import from_rules
from rootbuild.lint.comments import commented
from rootbuild.lint.names import line_rules, written_rules
from rootbuild.lint.rules import Warning, warning
from rootbuild.lint.scope import Build, Scope, scope_of_image
from rootbuild.lint.settings import Settings, directive_location, settings_of
from rootbuild.lint.stage import instruction_rules, repeated_rules
from rootbuild.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Lint:
    """What a file is linted for.

    `ignore` are the patterns of its ignore file, `target` the stage to build. `whole` looks at
    every stage, not just at those that the target needs. `configs` are the base images that are
    known, by the name that FROM uses (`NAME (PLATFORM)` for one of another platform than the
    target's); any other is taken to set nothing but PATH. `contexts` take the place of stages and
    images.
    """

    build_args: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    target: str | None = None
    platform: Platform | None = None
    whole: bool = False
    configs: Mapping[str, ImageConfig] = field(default_factory=dict)
    contexts: NamedContexts = NO_CONTEXTS


@dataclass(frozen=True, slots=True)
class Result:
    """The warnings in the order of their lines, and the error that stops the build, if one does."""

    warnings: tuple[Warning, ...]
    error: RootbuildError | None = None


_ALL = Lint()


def lint(dockerfile: Dockerfile, asked: Lint = _ALL) -> Result:
    """Check a parsed file. What is wrong with it beyond rules is the result's error."""
    try:
        settings = settings_of(dockerfile, asked.build_args)
    except DockerfileError as error:
        return Result((), error)
    build = build_platform()
    target = asked.platform or build
    found = [
        *written_rules(dockerfile),
        *from_rules(dockerfile, platform_args(build, target, asked.target or ""), asked.build_args),
    ]
    failure: RootbuildError | None = None
    try:
        graph = resolve(
            dockerfile,
            build_args=asked.build_args,
            build=build,
            target_platform=target,
            target=asked.target,
            triggers={_image(name): found.onbuild for name, found in asked.configs.items()},
            contexts=asked.contexts,
        )
    except DockerfileError as error:
        failure = error
    else:
        found += _stages(graph, asked, target)
    warnings = _wanted(dockerfile, found, settings)
    return Result(warnings, failure or _violation(dockerfile, warnings, settings))


def lint_data(data: bytes, name: str, asked: Lint) -> Result:
    """Check a file's bytes. If it cannot be parsed, the result is what lines before that break."""
    try:
        dockerfile, error = type_so_far(parse_tree(data, name))
        if error is None:
            return lint(dockerfile, asked)
        settings = settings_of(dockerfile, asked.build_args)
    except DockerfileError as failure:
        return Result((), failure)
    return Result(_wanted(dockerfile, line_rules(dockerfile), settings), error)


def _violation(
    dockerfile: Dockerfile, warnings: Sequence[Warning], settings: Settings
) -> DockerfileError | None:
    """The error that warnings become with `check=error=true`."""
    if not settings.error or not warnings:
        return None
    rules = ", ".join(sorted({found.rule for found in warnings}))
    error = DockerfileError(
        f"lint violation found for rules: {rules}",
        id="lint",
        hint="mend what the warnings name, skip rules with check=skip=RULE, or drop error=true",
    )
    location = directive_location(dockerfile)
    if location is not None:
        error.locate(location, dockerfile.source)
    return error


def _wanted(
    dockerfile: Dockerfile, warnings: Iterable[Warning], settings: Settings
) -> tuple[Warning, ...]:
    """Those that the file wants to hear of, by line."""
    by_line = {
        line: settings.with_comments(comments)
        for instruction, comments in commented(dockerfile)
        if comments
        for line in range(instruction.location.start, instruction.location.end + 1)
    }
    wanted = [
        found
        for found in dict.fromkeys(warnings)
        if by_line.get(found.location.start, settings).wants(found)
    ]
    return tuple(sorted(wanted, key=lambda found: found.location.start))


def _stages(graph: StageGraph, asked: Lint, target: Platform) -> Iterator[Warning]:
    looked_at = graph.stages if asked.whole and not asked.target else graph.needed()
    build = Build(asked.build_args, dict(graph.global_args), graph.dockerfile.escape)
    # An ignore file that takes things back may take back something below what is left out.
    plain = asked.ignore and not any(pattern.startswith("!") for pattern in asked.ignore)
    ignored = Matcher(asked.ignore) if plain else None
    scopes: dict[int, Scope] = {}
    for stage in looked_at:
        yield from _base_platform(stage, asked, target)
        scope = _start(stage, scopes, asked)
        for instruction in stage.instructions:
            yield from instruction_rules(instruction, scope, build, ignored)
            scope = scope.after(instruction, build)
        scopes[stage.index] = scope
        yield from repeated_rules(stage.instructions)


def _image(text: str) -> ImageBase:
    """The image that was written as `NAME` or `NAME (PLATFORM)`."""
    name, _, platform = text.partition(" (")
    return ImageBase(name, platform.removesuffix(")"))


def _start(stage: Stage, scopes: Mapping[int, Scope], asked: Lint) -> Scope:
    match stage.base:
        case StageBase():
            return scopes[stage.base.index]
        case ImageBase():
            return scope_of_image(asked.configs.get(str(stage.base)))
        case ScratchBase() | ContextBase():
            return scope_of_image(None)
        case _:
            unreachable(stage.base)


def _base_platform(stage: Stage, asked: Lint, target: Platform) -> Iterator[Warning]:
    if not isinstance(stage.base, ImageBase):
        return
    config = asked.configs.get(str(stage.base))
    actual = None if config is None else platform_of(config)
    expected = target if stage.platform is None else parse_platform(stage.platform)
    if actual is None:
        return
    if (actual.os, actual.architecture) != (expected.os, expected.architecture):
        message = (
            f'Base image {stage.base.reference} was pulled with platform "{actual}", expected '
            f'"{expected}" for current build'
        )
        yield warning("InvalidBaseImagePlatform", message, stage.start.location)

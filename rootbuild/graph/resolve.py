"""Instructions -> stages: names, bases, `--from` references, the target; refuses what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rootbuild.context.named import NO_CONTEXTS, NamedContexts
from rootbuild.dockerfile.expand import ExpandError, expand, trace
from rootbuild.dockerfile.instructions import AnyInstruction, Copy, Dockerfile, From, Run
from rootbuild.dockerfile.quote import quoted
from rootbuild.dockerfile.suggest import did_you_mean
from rootbuild.errors import DockerfileError
from rootbuild.graph.arguments import global_args, platform_args
from rootbuild.graph.contexts import PlatformContexts
from rootbuild.graph.mounts import mounted, mounted_names
from rootbuild.graph.stages import (
    SCRATCH,
    Base,
    Head,
    ImageBase,
    ScratchBase,
    Source,
    Stage,
    StageBase,
    StageGraph,
)
from rootbuild.graph.triggers import Triggers, replay
from rootbuild.image.platform import Platform, parse_platform


def resolve(
    dockerfile: Dockerfile,
    *,
    build_args: Mapping[str, str],
    build: Platform,
    target_platform: Platform,
    target: str | None = None,
    triggers: Triggers | None = None,
    contexts: NamedContexts = NO_CONTEXTS,
) -> StageGraph:
    """The stage graph of a parsed Dockerfile.

    `target` is a stage's name (in any case) or number; None is the last stage. `triggers` are those
    of base images, as far as they are known; those of stages are in the file. `contexts` take the
    place of stages and images that are called like them.
    Raises DockerfileError, with a location where a line is at fault.
    """
    heads = split_stages(dockerfile)
    named = {start.name.lower(): index for index, (start, _) in enumerate(heads) if start.name}
    chosen = _target(target, heads, named)
    label = heads[chosen][0].name or ""
    values = global_args(dockerfile, platform_args(build, target_platform, label), build_args)
    names = PlatformContexts(contexts, target_platform)

    def stage(heads: Sequence[Head], index: int) -> Stage:
        try:
            return _stage(
                dockerfile, values, heads, named, names, index, *heads[index], target_platform
            )
        except DockerfileError as error:
            error.locate(heads[index][0].location, dockerfile.source)
            raise

    stages = tuple(stage(heads, index) for index in range(len(heads)))
    graph = StageGraph(dockerfile, stages, chosen, tuple(values.items()))
    return replay(graph, triggers or {}, stage)


def split_stages(dockerfile: Dockerfile) -> list[Head]:
    """Each FROM with what follows it. Raises DockerfileError if there is none."""
    heads: list[tuple[From, list[AnyInstruction]]] = []
    for instruction in dockerfile.instructions:
        if isinstance(instruction, From):
            heads.append((instruction, []))
        elif heads:
            heads[-1][1].append(instruction)
    if not heads:
        raise DockerfileError("dockerfile contains no stages to build")
    return [(start, tuple(body)) for start, body in heads]


def _target(target: str | None, heads: Sequence[Head], named: Mapping[str, int]) -> int:
    if not target:
        return len(heads) - 1
    if target.lower() in named:
        return named[target.lower()]
    if target.isdecimal() and int(target) < len(heads):
        return int(target)
    guess = did_you_mean(target, named, ignore_case=True)
    raise DockerfileError(
        f'target stage "{target}" could not be found{guess}',
        id="unknown-stage",
        hint="stages of this Dockerfile: " + (", ".join(named) or "none has a name"),
    )


def _stage(
    dockerfile: Dockerfile,
    values: Mapping[str, str],
    heads: Sequence[Head],
    named: Mapping[str, int],
    contexts: PlatformContexts,
    index: int,
    start: From,
    body: Sequence[AnyInstruction],
    target_platform: Platform,
) -> Stage:
    earlier = {
        head.name.lower(): position
        for position, (head, _) in enumerate(heads[:index])
        if head.name is not None
    }
    platform = _platform(start, values, dockerfile.escape)
    written = None if platform is None else str(platform)
    foreign = str(platform) if platform not in (None, target_platform) else ""
    contexts = contexts.of_stage(platform)
    replacement = contexts.base(start.name.lower(), foreign) if start.name else None
    if replacement is not None:
        return Stage(index, start, replacement, written, instructions=(), sources=())
    sources: list[tuple[int, Source]] = []
    for position, instruction in enumerate(body):
        try:
            found = _sources(instruction, heads, named, contexts, index, dockerfile.escape)
        except DockerfileError as error:
            error.locate(instruction.location, dockerfile.source)
            raise
        sources += [(position, source) for source in found]
    return Stage(
        index=index,
        start=start,
        base=_base(start, values, earlier, contexts, dockerfile.escape, foreign),
        platform=written,
        instructions=tuple(body),
        sources=tuple(sources),
    )


def _base(
    start: From,
    values: Mapping[str, str],
    earlier: Mapping[str, int],
    contexts: PlatformContexts,
    escape: str,
    platform: str,
) -> Base:
    name = _expand(start.image, values, escape)
    if not name:
        raise DockerfileError(f"base name ({start.image}) should not be blank")
    replacement = contexts.base(name, platform)
    if replacement is not None:
        return replacement
    if name.lower() in earlier:
        return StageBase(earlier[name.lower()])
    if name == SCRATCH:
        return ScratchBase()
    return ImageBase(name, platform)


def _platform(start: From, values: Mapping[str, str], escape: str) -> Platform | None:
    if start.platform is None:
        return None
    text = _expand(start.platform, values, escape)
    if not text:
        guess = _guess(start.platform, values, escape)
        raise DockerfileError(f"empty platform value from expression {start.platform}{guess}")
    try:
        return parse_platform(text)
    except ValueError as error:
        raise DockerfileError(f"failed to parse platform {start.platform}: {error}") from error


def _guess(word: str, values: Mapping[str, str], escape: str) -> str:
    """What may have been meant by a variable of a word that has no value."""
    unset = sorted(trace(word, values, escape=escape).unset)
    guesses = (did_you_mean(name, values, ignore_case=True) for name in unset)
    return next((guess for guess in guesses if guess), "")


def _sources(
    instruction: AnyInstruction,
    heads: Sequence[Head],
    named: Mapping[str, int],
    contexts: PlatformContexts,
    current: int,
    escape: str,
) -> tuple[Source, ...]:
    """What an instruction takes files from, apart from the build context."""
    match instruction:
        case Copy() if instruction.from_ is not None:
            return (_source(instruction.from_, heads, named, contexts, current, escape),)
        case Run():
            return tuple(
                contexts.source(name) or _mounted(name, target, heads, named, current)
                for name, target in mounted(instruction)
            )
        case _:
            return ()


def _mounted(
    name: str, target: str, heads: Sequence[Head], named: Mapping[str, int], current: int
) -> Source:
    found = named.get(name.lower())
    if found is None:
        return ImageBase(name)
    if found == current or (found > current and _reaches(heads, named, found, current)):
        raise _circular(heads, found, current)
    if found > current:
        raise DockerfileError(
            f"cannot mount from stage {quoted(name)} to {quoted(target)}, "
            "stage needs to be defined before current command",
            id="forward-reference",
            hint=f"move the stage {_name(heads, found)} up",
        )
    return StageBase(found)


def _source(
    name: str,
    heads: Sequence[Head],
    named: Mapping[str, int],
    contexts: PlatformContexts,
    current: int,
    escape: str,
) -> Source:
    if _expand(name, {}, escape) != name:
        raise DockerfileError(
            "variable expansion is not supported for --from, define a new stage with FROM using "
            "ARG from global scope as a workaround"
        )
    found = named.get(name.lower())
    if _is_number(name):
        found = int(name)
        if not 0 <= found < len(heads):
            raise DockerfileError(f"invalid stage index {found}", id="unknown-stage")
    elif (replacement := contexts.source(name)) is not None:
        return replacement
    if found is None:
        return ImageBase(name)
    if found == current:
        raise _circular(heads, found, current)
    if found > current:
        raise _forward(name, heads, named, found, current)
    return StageBase(found)


def _forward(
    name: str, heads: Sequence[Head], named: Mapping[str, int], found: int, current: int
) -> DockerfileError:
    """A reference to a later stage: a cycle if that one comes back here, else just too early."""
    if _reaches(heads, named, found, current):
        return _circular(heads, found, current)
    return DockerfileError(
        f'cannot copy from stage "{name}", it needs to be defined before current stage '
        f'"{_name(heads, current)}"',
        id="forward-reference",
        hint=f"move the stage {_name(heads, found)} up",
    )


def _circular(heads: Sequence[Head], found: int, current: int) -> DockerfileError:
    hint = f"{_name(heads, found)} and {_name(heads, current)} need each other"
    if found == current:
        hint = "a stage cannot take files from itself; take them from an earlier one"
    return DockerfileError(
        f"circular dependency detected on stage: {_name(heads, found)}",
        id="circular-dependency",
        hint=hint,
    )


def _reaches(heads: Sequence[Head], named: Mapping[str, int], start: int, goal: int) -> bool:
    seen: set[int] = set()
    queue = [start]
    while queue:
        index = queue.pop()
        if index == goal:
            return True
        if index in seen:
            continue
        seen.add(index)
        head, body = heads[index]
        copied = [step.from_ for step in body if isinstance(step, Copy) and step.from_]
        for name in (head.image, *copied):
            found = int(name) if _is_number(name) else named.get(name.lower())
            if found is not None and 0 <= found < len(heads):
                queue.append(found)
        queue += [named[name.lower()] for name in mounted_names(body) if name.lower() in named]
    return False


def _expand(word: str, values: Mapping[str, str], escape: str) -> str:
    try:
        return expand(word, values, escape=escape)
    except ExpandError as error:
        raise DockerfileError(str(error)) from error


def _is_number(name: str) -> bool:
    return name.removeprefix("-").isdecimal() and name.isascii()


def _name(heads: Sequence[Head], index: int) -> str:
    return heads[index][0].name or f"stage-{index}"

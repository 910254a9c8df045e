"""Rules about how a file is written: keywords, names of stages, comments, on every line of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rootbuild.dockerfile.instructions import (
    AnyInstruction,
    Arg,
    Dockerfile,
    From,
    Instruction,
    Maintainer,
)
from rootbuild.dockerfile.quote import quoted
from rootbuild.graph.stages import SCRATCH
from rootbuild.lint.comments import commented
from rootbuild.lint.rules import Warning, warning
from rootbuild.lint.settings import check_comment

_RESERVED = frozenset((SCRATCH, "context"))


def written_rules(dockerfile: Dockerfile) -> Iterator[Warning]:
    """All warnings about a file that its text alone gives."""
    yield from line_rules(dockerfile)
    yield from _instruction_casing(dockerfile.instructions)
    yield from _stage_names(dockerfile.instructions)


def line_rules(dockerfile: Dockerfile) -> Iterator[Warning]:
    """Those of them that one instruction gives, whatever else is in the file."""
    for found in dockerfile.warnings:
        yield warning(found.rule, found.message.partition(" found in:")[0], found.location)
    for instruction, above in commented(dockerfile):
        if isinstance(instruction, From):
            yield from _stage_name_casing(instruction)
        elif isinstance(instruction, Maintainer):
            message = "Maintainer instruction is deprecated in favor of using label"
            yield warning("MaintainerDeprecated", message, instruction.location)
        yield from _description(instruction, above)


def keyword(instruction: Instruction) -> str:
    """The instruction's keyword, as it is written."""
    return instruction.text.split(None, 1)[0]


def _stage_name_casing(start: From) -> Iterator[Warning]:
    if start.name is None:
        return
    if start.name != start.name.lower():
        message = f"Stage name '{start.name}' should be lowercase"
        yield warning("StageNameCasing", message, start.location)
    word, as_word = keyword(start), start.text.split()[-2]
    mixed = word not in (word.lower(), word.upper())
    if not mixed and as_word != (as_word.lower() if word == word.lower() else as_word.upper()):
        message = f"'{as_word}' and '{word}' keywords' casing do not match"
        yield warning("FromAsCasing", message, start.location)


def _instruction_casing(instructions: Sequence[AnyInstruction]) -> Iterator[Warning]:
    """Everything that is not written as most instructions are; ARGs before FROM do not count."""
    starts = (i for i, item in enumerate(instructions) if isinstance(item, From))
    counted = instructions[next(starts, len(instructions)) :]
    words = [keyword(instruction) for instruction in counted]
    lower = sum(word == word.lower() for word in words)
    upper = sum(word == word.upper() for word in words)
    casing = "lowercase" if lower > upper else "uppercase"
    for word, instruction in zip(words, counted, strict=True):
        if word != (word.lower() if lower > upper else word.upper()):
            message = f"Command '{word}' should match the case of the command majority ({casing})"
            yield warning("ConsistentInstructionCasing", message, instruction.location)


def _stage_names(instructions: Sequence[AnyInstruction]) -> Iterator[Warning]:
    seen: set[str] = set()
    for start in instructions:
        if not isinstance(start, From) or start.name is None:
            continue
        name = start.name.lower()
        if name in _RESERVED:
            message = f"Stage name should not use the same name as reserved stage {quoted(name)}"
            yield warning("ReservedStageName", message, start.location)
        if name in seen:
            message = f"Duplicate stage name {quoted(name)}, stage names should be unique"
            yield warning("DuplicateStageName", message, start.location)
        seen.add(name)


def _description(instruction: AnyInstruction, comments: Sequence[str]) -> Iterator[Warning]:
    """A comment right above an ARG or a named stage should describe it."""
    if isinstance(instruction, From):
        names = [instruction.name.lower()] if instruction.name else []
    elif isinstance(instruction, Arg):
        names = [pair.key for pair in instruction.pairs]
    else:
        return
    telling = [comment for comment in comments if check_comment(comment) is None]
    if not names or not telling or telling[-1].partition(" ")[0] in names:
        return
    shown = names[0] if len(names) == 1 else "<arg_key>"
    kind = "FROM" if isinstance(instruction, From) else "ARG"
    message = f"Comment for {kind} should follow the format: `# {shown} <description>`"
    yield warning("InvalidDefinitionDescription", message, instruction.location)

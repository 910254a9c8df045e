"""UndefinedVar: words of an instruction that use variables which nothing has set."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from rootbuild.dockerfile.expand import ExpandError, trace, trace_raw
from rootbuild.dockerfile.instructions import (
    Add,
    AnyInstruction,
    Arg,
    Copy,
    Env,
    Heredoc,
    Label,
    Run,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from rootbuild.dockerfile.suggest import nearest
from rootbuild.lint.rules import Warning, warning
from rootbuild.lint.scope import Build, Scope
from rootbuild.plan.metadata import SCANNER_ARGS
from rootbuild.records import replace


def undefined_variables(
    instruction: AnyInstruction, scope: Scope, build: Build
) -> Iterator[Warning]:
    """A warning for each variable of the instruction that is neither set nor declared."""
    unset: dict[str, str] = {}
    for name, known in _unset(instruction, scope, build):
        unset.setdefault(name, known)
    for name, guess in sorted(unset.items()):
        message = f"Usage of undefined variable '${name}'"
        if guess:
            message += f" (did you mean ${guess}?)"
        yield warning("UndefinedVar", message, instruction.location)


def mount_fields(mount: str) -> tuple[str, ...]:
    """The `key=value` fields of a RUN's mount, with the quotes of its CSV removed."""
    try:
        return tuple(next(csv.reader([mount], strict=True), []))
    except csv.Error:
        return ()


def _unset(instruction: AnyInstruction, scope: Scope, build: Build) -> Iterator[tuple[str, str]]:
    """Names without a value, each with the nearest name that has one."""
    for word in _words(instruction):
        for name in _unset_in(word, scope, build, raw=False):
            yield name, nearest(name, scope.env)
    for heredoc in _expanded_heredocs(instruction):
        for name in _unset_in(heredoc.content, scope, build, raw=True):
            yield name, nearest(name, scope.env)
    if isinstance(instruction, Arg):
        yield from _unset_in_defaults(instruction, scope, build)


def _unset_in(word: str, scope: Scope, build: Build, *, raw: bool) -> list[str]:
    try:
        found = trace_raw(word, scope.env) if raw else trace(word, scope.env, escape=build.escape)
    except ExpandError:
        return []
    return sorted(found.unset - scope.declared - SCANNER_ARGS)


def _unset_in_defaults(arg: Arg, scope: Scope, build: Build) -> Iterator[tuple[str, str]]:
    """Each default may use the ARGs in front of it, also those of the same line."""
    for pair in arg.pairs:
        for name in _unset_in(pair.value or "", scope, build, raw=False):
            yield name, nearest(name, scope.env)
        scope = scope.after(replace(arg, pairs=(pair,)), build)


def _expanded_heredocs(instruction: AnyInstruction) -> Iterator[Heredoc]:
    if isinstance(instruction, Copy | Add):
        yield from (heredoc for heredoc in instruction.heredocs if heredoc.expand)


def _words(instruction: AnyInstruction) -> Iterator[str]:
    """What BuildKit expands word by word; EXPOSE is not among it, nor are commands."""
    match instruction:
        case Copy() | Add():
            checksum = instruction.checksum if isinstance(instruction, Add) else None
            yield from (*instruction.sources, instruction.destination)
            yield from filter(None, (instruction.chown, instruction.chmod, checksum))
        case Env() | Label():
            for pair in instruction.pairs:
                yield pair.key
                yield pair.value
        case Run():
            for mount in instruction.mounts:
                fields = (field.partition("=") for field in mount_fields(mount))
                yield from (value for key, _, value in fields if key.lower() != "from")
        case StopSignal():
            yield instruction.signal
        case User():
            yield instruction.user
        case Volume():
            yield from instruction.paths
        case Workdir():
            yield instruction.path
        case _:
            return
